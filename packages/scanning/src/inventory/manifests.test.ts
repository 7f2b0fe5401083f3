import { describe, expect, it } from 'vitest';
import { coveredBy, isManifest, unlockedBy } from './manifests.ts';

const WHY = 'names dependencies, and no lock file beside it or above it says their versions';

describe('a manifest that no lock file covers', () => {
  it.each([
    ['package.json', '{"dependencies": {"a": "^1"}}', 'yarn.lock'],
    ['package.json', '{"devDependencies": {"a": "^1"}}', 'bun.lockb'],
    ['composer.json', '{"require": {"php": ">=8", "a/b": "^1"}}', 'composer.lock'],
    ['Cargo.toml', '[dependencies]\na = "1"', 'Cargo.lock'],
    ['Cargo.toml', '[target."cfg(unix)".dependencies]\na = "1"', 'Cargo.lock'],
    ['pyproject.toml', '[project]\ndependencies = ["a"]', 'uv.lock'],
    ['pyproject.toml', '[tool.poetry.dependencies]\npython = "^3"\na = "1"', 'dev-requirements.txt'],
    ['setup.py', 'setup(install_requires=["a"])', 'requirements.txt'],
    ['Pipfile', '[packages]\na = "*"', 'Pipfile.lock'],
    ['Gemfile', 'source "https://gems.example.com"\ngem "a"', 'Gemfile.lock'],
    ['shop.csproj', '<Project><ItemGroup><PackageReference Include="A" /></ItemGroup></Project>', 'packages.lock.json'],
    ['build.gradle.kts', 'dependencies {\n  implementation("g:a:1")\n}', 'gradle.lockfile'],
    ['build.gradle', 'dependencies {\n}', 'gradle/verification-metadata.xml'],
  ])('makes the source incomplete: %s with %j, until %s is there', (name, text, lock) => {
    expect(isManifest(`x/${name}`)).toBe(true);
    expect(unlockedBy(`x/${name}`, text, coveredBy([]))).toBe(WHY);
    expect(unlockedBy(`x/${name}`, text, coveredBy([`x/${lock}`]))).toBeUndefined();
    expect(unlockedBy(`x/${name}`, text, coveredBy([lock]))).toBeUndefined();
    expect(unlockedBy(`x/${name}`, text, coveredBy([`y/${lock}`, `x/z/${lock}`, `xx/${lock}`]))).toBe(WHY);
    expect(unlockedBy(`x/${name}`, text, coveredBy(['x/go.mod']))).toBe(WHY);
  });

  it.each([
    ['package.json', '{"type": "module", "dependencies": {}}'],
    ['composer.json', '{"require": {"php": ">=8", "ext-json": "*"}}'],
    ['Cargo.toml', '[package]\nname = "a"'],
    ['pyproject.toml', '[tool.poetry.dependencies]\npython = "^3"'],
    ['pyproject.toml', '[tool.black]'],
    ['setup.py', 'setup()'],
    ['Pipfile', '[packages]'],
    ['Gemfile', '# gem "a"'],
    ['shop.csproj', '<Project/>'],
    ['build.gradle', 'plugins { id "java" }'],
    ['README.md', 'dependencies'],
  ])('is none where it names no dependencies: %s with %j', (name, text) => {
    expect(unlockedBy(name, text, coveredBy([]))).toBeUndefined();
  });

  it('says what is wrong where it cannot be read', () => {
    expect(unlockedBy('package.json', '{', coveredBy([]))).toMatch(/^is not JSON: /);
    expect(unlockedBy('Cargo.toml', '[', coveredBy([]))).toMatch(/^is not TOML: /);
  });
});
