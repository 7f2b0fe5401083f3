import { carto, type KindName } from '@cartographer/api';
import type { Json, JsonObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { answerReview, kindAtPath, webhookPath } from './admission-review.ts';

const broken = { template: { kind: 'ConfigMap' }, ytt: '#@ x' };
const template = (spec: JsonObject, more: JsonObject = {}): JsonObject => {
  return { apiVersion: 'carto.run/v1alpha1', kind: 'ClusterTemplate', metadata: { name: 't' }, spec, ...more };
};
const review = (request: JsonObject | undefined, apiVersion: Json = 'admission.k8s.io/v1'): JsonObject => {
  return { apiVersion, kind: 'AdmissionReview', ...(request && { request: { uid: 'abc', ...request } }) };
};
const answer = (body: Json): JsonObject => answerReview(body, 'ClusterTemplate');

const ALLOWED = { uid: 'abc', allowed: true };
const refused = (code: number, reason: string, message: unknown = expect.any(String)) => {
  return { uid: 'abc', allowed: false, status: { code, reason, message } };
};

describe('an admission review', () => {
  const forbidden = refused(403, 'Forbidden', 'invalid template: must specify one of template or ytt, found both');

  it.each<readonly [string, JsonObject, object]>([
    ['a broken object that is created', { operation: 'CREATE', object: template(broken) }, forbidden],
    [
      'a broken object that an edit makes',
      { operation: 'UPDATE', object: template(broken), oldObject: template({}) },
      forbidden,
    ],
    ['a sound object that is created', { operation: 'CREATE', object: template({ ytt: '#@ x' }) }, ALLOWED],
    [
      'a sound object that an edit makes of a broken one',
      { operation: 'UPDATE', object: template({ ytt: 'x' }), oldObject: template(broken) },
      ALLOWED,
    ],
    ['a broken object that is deleted', { operation: 'DELETE', object: template(broken) }, ALLOWED],
    ['another operation', { operation: 'CONNECT', object: template(broken) }, ALLOWED],
    ['no operation', { object: template(broken) }, ALLOWED],
    ['its status', { operation: 'UPDATE', subResource: 'status', object: template(broken) }, ALLOWED],
    ['no subresource', { operation: 'UPDATE', subResource: '', object: template(broken) }, forbidden],
    ['no object', { operation: 'CREATE' }, refused(400, 'BadRequest')],
    [
      'an object of another kind',
      { operation: 'CREATE', object: template({}, { kind: 'Workload' }) },
      refused(400, 'BadRequest', 'the object to review is no ClusterTemplate of carto.run/v1alpha1'),
    ],
    [
      'an object of another version',
      { operation: 'CREATE', object: template({}, { apiVersion: 'carto.run/v2' }) },
      refused(400, 'BadRequest'),
    ],
    [
      'an object that breaks its schema',
      { operation: 'CREATE', object: template({}, { spec: null }) },
      refused(400, 'BadRequest', expect.stringContaining('does not match its schema')),
    ],
  ])('judges what it is about: %s', (_what, request, response) => {
    expect(answer(review(request))).toEqual({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response });
  });

  it.each<readonly [string, Json, string, object]>([
    ['v1', review({ operation: 'DELETE' }), 'admission.k8s.io/v1', ALLOWED],
    ['v1beta1', review({ operation: 'DELETE' }, 'admission.k8s.io/v1beta1'), 'admission.k8s.io/v1beta1', ALLOWED],
    [
      'a version that is not known',
      review({ operation: 'DELETE' }, 'admission.k8s.io/v2'),
      'admission.k8s.io/v1',
      refused(400, 'BadRequest'),
    ],
    ['no version', review({ operation: 'DELETE' }, 1), 'admission.k8s.io/v1', refused(400, 'BadRequest')],
    ['no request', review(undefined), 'admission.k8s.io/v1', { ...refused(400, 'BadRequest'), uid: '' }],
    ['no review', ['x'], 'admission.k8s.io/v1', { ...refused(400, 'BadRequest'), uid: '' }],
    ['no uid', review({ uid: 7, operation: 'DELETE' }), 'admission.k8s.io/v1', { ...ALLOWED, uid: '' }],
  ])('is answered in a version that the server knows: %s', (_what, body, apiVersion, response) => {
    expect(answer(body)).toEqual({ apiVersion, kind: 'AdmissionReview', response });
  });

  it('is asked for at a path for each kind, and at no other', () => {
    const kinds = Object.keys(carto.kinds) as KindName[];
    expect(kinds.map((kind) => kindAtPath(webhookPath(kind)))).toEqual(kinds);
    expect(new Set(kinds.map(webhookPath)).size).toBe(kinds.length);
    expect([kindAtPath('/'), kindAtPath('/validate-carto-run-v1alpha1-Workload')]).toEqual([undefined, undefined]);
  });
});
