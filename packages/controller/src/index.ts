export type { Renderer } from './acting/effects.ts';
export type { InstallValues } from './install/install-values.ts';
export { defaultInstallValues, installation, installationFiles } from './install/installation.ts';
export { COMPONENT_LABELS, INSTALL_NAMES } from './install/names.ts';
export { controllerRights } from './install/rights.ts';
export { type ControllerOptions, type RunningController, startController } from './start-controller.ts';
export { webhookPath } from './webhooks/admission-review.ts';
export { type IssuedCertificate, issueCertificate } from './webhooks/serving-certificate.ts';
export { createWebhooks, type WebhookCertificate, type Webhooks, type WebhooksOptions } from './webhooks/webhooks.ts';
