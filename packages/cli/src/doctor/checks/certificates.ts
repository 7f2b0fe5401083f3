import { INSTALL_NAMES } from '@cartographer/controller';
import { allEnded, type KubeObject, listAt, textsAt } from '@cartographer/machinery';
import { SCANNER_NAMES } from '@cartographer/scanning';
import type { Session } from '../../frame/session.ts';
import { ageText } from '../../screen/ages.ts';
import { look } from '../look.ts';
import { type CheckReport, type Finding, finding, reportOf } from '../report.ts';
import type { Server } from '../server.ts';
import { lifeMs, remainingMs, servingCertificate } from '../serving-certificate.ts';
import { deploymentOf, type FoundPart, unseenParts } from '../site.ts';
import { INSIDE } from './controller.ts';

/** A certificate that a part keeps in a Secret. */
type Kept = { readonly what: string; readonly secret: string };

/**
 * Ours are renewed with a third of their life left, as cert-manager's are: with an eighth left something stands in the way.
 */
const SOON = 1 / 8;

/** Looks at the certificates that parts serve with. */
export async function checkCertificates(
  session: Session,
  parts: readonly FoundPart[],
  server: Server,
  namespace: string,
): Promise<CheckReport> {
  const kept = parts.flatMap((part) => keptBy(part) ?? []);
  if (kept.length === 0) {
    const isOutside = parts.some((part) => deploymentOf(part) !== undefined);
    const none = server.isEmbedded && !isOutside ? INSIDE : 'none that a leader makes';
    return reportOf('certificates', { says: none, notLooked: unseenParts(parts) });
  }
  const looks = await allEnded(
    kept.map(({ secret }) => look(session, () => servingCertificate(session, { namespace, name: secret }))),
  );
  const findings: Finding[] = [];
  const notLooked = [...unseenParts(parts)];
  const says: string[] = [];
  for (const [index, looked] of looks.entries()) {
    const { what = '', secret = '' } = kept[index] ?? {};
    const place = `${namespace}/${secret}`;
    if (looked.kind === 'unseen') notLooked.push(`${what}: ${looked.why}`);
    else if (looked.value === undefined || looked.value === 'unreadable') {
      const why = looked.value === undefined ? 'there is no Secret' : 'nothing that can be read is in Secret';
      findings.push(finding('CertificateMissing', `${what}: ${why} ${place}`));
      says.push(`${what}: none`);
    } else {
      const leftMs = remainingMs(looked.value, session.clock.now());
      const left = leftMs <= 0 ? `ran out ${ageText(-leftMs)} ago` : `runs out in ${ageText(leftMs)}`;
      says.push(`${what}: ${left}`);
      if (leftMs <= 0) findings.push(finding('CertificateExpired', `${what} in ${place} ${left}`));
      else if (leftMs < lifeMs(looked.value) * SOON) {
        findings.push(finding('CertificateExpiring', `${what} in ${place} ${left}`));
      }
    }
  }
  return reportOf('certificates', { says: says.join(', '), findings, notLooked });
}

function keptBy(part: FoundPart): Kept | undefined {
  const deployment = deploymentOf(part);
  if (deployment === undefined) return undefined;
  const args = argumentsOf(deployment);
  const has = (flag: string): boolean => args.some((argument) => argument.startsWith(`${flag}=`) || argument === flag);
  if (part.name === 'controller' && has('--webhooks-address') && !has('--webhooks-cert-dir')) {
    return { what: 'certificate of the webhooks', secret: INSTALL_NAMES.webhookSecret };
  }
  if (part.name === 'scanner' && has('--questions-address') && !has('--questions-cert-dir')) {
    return { what: 'certificate of questions', secret: SCANNER_NAMES.questionsSecret };
  }
  return undefined;
}

function argumentsOf(deployment: KubeObject): readonly string[] {
  return listAt(deployment, 'spec', 'template', 'spec', 'containers').flatMap((container) =>
    textsAt(container, 'args'),
  );
}
