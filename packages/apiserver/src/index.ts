export { type ApiServer, type ApiServerOptions, createApiServer } from './api-server.ts';
export type { AdmissionAnswer, AdmissionHook, AdmissionReview, Caller, ResourceInfo } from './core-api.ts';
export type { AuditEntry } from './front/auth/audit.ts';
