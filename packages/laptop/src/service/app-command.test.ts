import { describe, expect, it } from 'vitest';
import { serviceObject } from '../testing/laptop.ts';
import { type AppStart, appCommand, expand } from './app-command.ts';
import { appTemplate } from './service.ts';

const image = { entrypoint: ['run'], cmd: ['--fast'], env: ['A=image', 'PATH=/cnb'], workingDir: '/workspace' };
const platform = { PORT: '4000', K_REVISION: 'web-00001' };

function start(container: object, env: AppStart['env'] = []): AppStart {
  const read = appTemplate(serviceObject('web', 'x', { ...container }));
  if (read.kind === 'unsupported') throw new Error(read.message);
  return {
    image,
    template: read.template,
    rootfs: '/data/rootfs',
    base: { PATH: '/bin', HOME: '/home/me' },
    platform,
    env,
  };
}

describe('the command of an app', () => {
  it.each([
    ['entrypoint and arguments of the image', {}, ['run', '--fast']],
    ['other arguments for the entrypoint', { args: ['--slow'] }, ['run', '--slow']],
    ['another command, without the arguments of the image', { command: ['go'] }, ['go']],
    [
      'another command with its own arguments',
      { command: ['go'], args: ['$(PORT)', '$(NONE)', '$$(PORT)'] },
      ['go', '4000', '$(NONE)', '$(PORT)'],
    ],
  ])('is %s', (_name, container, argv) => {
    expect(appCommand(start(container))).toMatchObject({ argv, cwd: '/data/rootfs/workspace' });
  });

  it('gets the environment of the machine, the image, the template and Knative, the later ones first', () => {
    const env = [
      { name: 'A', value: 'template' },
      { name: 'B', value: '$(A) on $(PORT)' },
      { name: 'PORT', value: '1' },
    ];
    expect(appCommand(start({}, env))).toMatchObject({
      env: {
        PATH: '/bin',
        HOME: '/home/me',
        HOST: '127.0.0.1',
        A: 'template',
        B: 'template on 4000',
        PORT: '4000',
        K_REVISION: 'web-00001',
      },
    });
  });

  it('tells Node about a memory limit, and works in the folder that the template names', () => {
    const container = { resources: { limits: { memory: '512Mi' } }, workingDir: '/workspace/api' };
    const command = appCommand(start(container, [{ name: 'NODE_OPTIONS', value: '--no-warnings' }]));
    expect(command).toMatchObject({
      env: { NODE_OPTIONS: '--no-warnings --max-old-space-size=384' },
      cwd: '/data/rootfs/workspace/api',
    });
  });

  it('is refused with a variable that no environment can hold, without its value', () => {
    const refused = appCommand({ ...start({}), env: [{ name: 'PASSWORD', value: 'hunter2\0' }] });
    expect(refused).toEqual({ refused: 'variable "PASSWORD" holds a NUL, which no environment can' });
  });

  it('cannot leave the unpacked image by its working folder', () => {
    expect(appCommand(start({ workingDir: '../../../etc' }))).toMatchObject({ cwd: '/data/rootfs/etc' });
  });
});

describe('expand', () => {
  it('knows no names that nobody set', () => {
    expect(expand('$(constructor) $(__proto__) $', {})).toBe('$(constructor) $(__proto__) $');
  });
});
