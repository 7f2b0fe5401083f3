import type { WireResponse } from '@cartographer/machinery';
import { CartoError, failure } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import {
  ApiError,
  errorOf,
  errorOfEvent,
  hasCause,
  isAlreadyExists,
  isAmbiguous,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNotFound,
  isStorageStarting,
  isTooManyRequests,
  isUnauthorized,
  TransportError,
  type TransportErrorCode,
} from './api-error.ts';

const refused = (code: number, reason?: string): ApiError => new ApiError(failure(code, reason, 'no'));
const answer = (status: number, fields: Partial<WireResponse> = {}): WireResponse => ({
  status,
  headers: {},
  ...fields,
});

const QUESTIONS = {
  isNotFound,
  isConflict,
  isAlreadyExists,
  isForbidden,
  isUnauthorized,
  isInvalid,
  isExpired,
  isTooManyRequests,
} as const;
const yes = (error: unknown): readonly string[] =>
  Object.entries(QUESTIONS).flatMap(([name, ask]) => (ask(error) ? [name] : []));

describe('what a refusal is', () => {
  it.each<[number, string | undefined, readonly string[]]>([
    [404, 'NotFound', ['isNotFound']],
    [404, undefined, ['isNotFound']],
    [404, '', ['isNotFound']],
    [404, 'Other', []],
    [409, 'Conflict', ['isConflict']],
    [409, 'AlreadyExists', ['isAlreadyExists']],
    [409, undefined, ['isConflict']],
    [403, 'Forbidden', ['isForbidden']],
    [403, undefined, ['isForbidden']],
    [401, 'Unauthorized', ['isUnauthorized']],
    [401, undefined, ['isUnauthorized']],
    [422, 'Invalid', ['isInvalid']],
    [422, undefined, ['isInvalid']],
    [410, 'Expired', ['isExpired']],
    [410, 'Gone', ['isExpired']],
    [410, undefined, ['isExpired']],
    [429, 'TooManyRequests', ['isTooManyRequests']],
    [429, undefined, ['isTooManyRequests']],
    [500, 'NotFound', ['isNotFound']],
    [500, undefined, []],
  ])('is told by its reason, and by its code only where it gives none: %d %s', (code, reason, expected) => {
    expect(yes(refused(code, reason))).toEqual(expected);
  });

  it.each([
    ['an error of the transport', new TransportError('CARTO_TIMEOUT', 'x')],
    ['another error', new CartoError('CARTO_CONNECTION_LOST', 'x')],
    ['an object that looks like one', { status: { code: 404, reason: 'NotFound' }, reason: 'NotFound' }],
    ['nothing', undefined],
  ])('is no question of %s', (_what, error) => {
    expect([yes(error), isStorageStarting(error), hasCause(error, 'x')]).toEqual([[], false, false]);
  });

  it.each<[string, number, string, number | undefined, boolean]>([
    ['as the server says it', 429, 'storage is (re)initializing', 1_000, true],
    ['without a time', 429, 'storage is (re)initializing', undefined, true],
    ['with a longer time', 429, 'storage is (re)initializing', 1_001, false],
    ['with another text', 429, 'too many requests', 1_000, false],
    ['with another code', 503, 'storage is (re)initializing', 1_000, false],
  ])('is the start of a storage: %s', (_what, code, message, afterMs, expected) => {
    expect(isStorageStarting(new ApiError(failure(code, 'TooManyRequests', message), afterMs))).toBe(expected);
  });

  it('has the causes that its details list', () => {
    const causes = [{ reason: 'Other' }, { reason: 'NamespaceTerminating' }];
    const error = new ApiError(failure(403, 'Forbidden', 'no', { causes }));
    expect([hasCause(error, 'NamespaceTerminating'), hasCause(error, 'Else')]).toEqual([true, false]);
    expect(hasCause(refused(403), 'NamespaceTerminating')).toBe(false);
    expect(hasCause(new ApiError(failure(403, 'Forbidden', 'no', {})), 'Other')).toBe(false);
  });
});

describe('a write in doubt', () => {
  it.each<[TransportErrorCode, boolean]>([
    ['CARTO_CONNECT_FAILED', false],
    ['CARTO_CREDENTIALS', false],
    ['CARTO_CONNECTION_LOST', true],
    ['CARTO_TIMEOUT', true],
    ['CARTO_ANSWER_TOO_LARGE', true],
    ['CARTO_ANSWER_MALFORMED', true],
    ['CARTO_STALE_ANSWER', true],
  ])('is one that was sent and not answered: %s', (code, expected) => {
    expect(isAmbiguous(new TransportError(code, 'x'))).toBe(expected);
  });

  it.each([
    [500, true],
    [502, true],
    [504, true],
    [503, false],
    [501, false],
    [409, false],
    [429, false],
    [404, false],
  ])('is one that ended with a %d: %s', (code, expected) => {
    expect(isAmbiguous(refused(code))).toBe(expected);
  });

  it('is none that ended otherwise', () => {
    expect([isAmbiguous(new Error('x')), isAmbiguous(new CartoError('CARTO_NOT_LEADER', 'x'))]).toEqual([false, false]);
  });
});

describe('the error of an answer', () => {
  it('is the server’s Status, whole', () => {
    const body = failure(409, 'Conflict', 'changed meanwhile', { name: 'web' });
    const error = errorOf(answer(409, { body }));
    expect([error.status, error.reason, error.message, error.code, error.retry]).toEqual([
      body,
      'Conflict',
      'changed meanwhile',
      'CARTO_API_REFUSED',
      'backoff',
    ]);
  });

  it('completes a Status without code or text by the answer that carried it', () => {
    const error = errorOf(answer(409, { body: { kind: 'Status', reason: 'Conflict' } }));
    expect(error.status).toMatchObject({
      code: 409,
      message: 'the server answered with status 409',
      reason: 'Conflict',
    });
    expect(errorOf(answer(500, { body: { kind: 'Status', code: 409, message: 'x' } })).status).toMatchObject({
      code: 409,
      message: 'x',
    });
  });

  it.each<[number, string | undefined, readonly string[]]>([
    [400, 'BadRequest', []],
    [401, 'Unauthorized', ['isUnauthorized']],
    [403, 'Forbidden', ['isForbidden']],
    [404, 'NotFound', ['isNotFound']],
    [405, 'MethodNotAllowed', []],
    [406, 'NotAcceptable', []],
    [409, 'Conflict', ['isConflict']],
    [410, 'Gone', ['isExpired']],
    [413, 'RequestEntityTooLarge', []],
    [415, 'UnsupportedMediaType', []],
    [422, 'Invalid', ['isInvalid']],
    [429, 'TooManyRequests', ['isTooManyRequests']],
    [500, 'InternalError', []],
    [502, undefined, []],
    [503, 'ServiceUnavailable', []],
    [504, 'Timeout', []],
  ])('of code %d that carried no Status has the reason %s', (code, reason, expected) => {
    const error = errorOf(answer(code, { body: Buffer.from(' <html>\n') }));
    expect([error.reason, error.status.code, error.message]).toEqual([
      reason,
      code,
      `the server answered with status ${code}: <html>`,
    ]);
    expect(yes(error)).toEqual(expected);
  });

  it.each([
    ['', ''],
    ['x'.repeat(256), `: ${'x'.repeat(256)}`],
    ['x'.repeat(257), `: ${'x'.repeat(256)}…`],
  ])('shows the start of what was sent instead', (text, shown) => {
    expect(errorOf(answer(502, { body: Buffer.from(text) })).message).toBe(
      `the server answered with status 502${shown}`,
    );
  });

  it.each<[string, string | undefined, number | undefined, number | undefined]>([
    ['a header', '3', undefined, 3_000],
    ['a header, which goes before the details', '3', 7, 3_000],
    ['the details', undefined, 7, 7_000],
    ['the details, as a date counts as not said', 'Wed, 21 Oct 2026 07:28:00 GMT', 7, 7_000],
    ['a header of six digits', '999999', undefined, 999_999_000],
    ['a header of seven digits', '1000000', undefined, undefined],
    ['a header with a sign', '-3', undefined, undefined],
    ['a header with more behind it', '3s', undefined, undefined],
    ['zero', '0', undefined, undefined],
    ['nothing', undefined, undefined, undefined],
  ])('says how long to wait by %s', (_what, header, seconds, expectedMs) => {
    const headers: Record<string, string> = header === undefined ? {} : { 'retry-after': header };
    const details = seconds === undefined ? undefined : { retryAfterSeconds: seconds };
    const error = errorOf(answer(429, { headers, body: failure(429, 'TooManyRequests', 'x', details) }));
    expect([error.afterMs, error.retry]).toEqual([expectedMs, expectedMs === undefined ? 'backoff' : 'after']);
  });

  it('reads the wait of an answer without a Status from its header', () => {
    expect(errorOf(answer(503, { headers: { 'retry-after': '2' } })).afterMs).toBe(2_000);
  });
});

describe('the error of an event of a watch', () => {
  it('is the Status that the event carries', () => {
    const error = errorOfEvent(failure(410, 'Expired', 'too old', { retryAfterSeconds: 2 }));
    expect([isExpired(error), error.message, error.afterMs]).toEqual([true, 'too old', 2_000]);
    expect(errorOfEvent(failure(410, 'Expired', 'too old')).afterMs).toBeUndefined();
  });

  it.each([undefined, null, 'x', { kind: 'Thing' }])('is one of the server when it carries %s', (object) => {
    expect(errorOfEvent(object)).toMatchObject({ status: { code: 500, reason: 'InternalError' } });
  });
});
