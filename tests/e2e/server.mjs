// The program under test: the one at DOTHI_URL, or a fresh one of our own in a folder that is thrown away.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The binary: DOTHI_BIN, else the release or debug build of this clone. */
function binary() {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
  const found = [process.env.DOTHI_BIN, join(target, 'release/dothi'), join(target, 'debug/dothi')].find((p) => p && existsSync(p));
  if (!found) throw new Error('no dothi binary: run scripts/up or `cargo build`, or set DOTHI_BIN or DOTHI_URL');
  return found;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => probe.once('listening', done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

async function ready(url, child) {
  for (const end = Date.now() + 120_000; Date.now() < end; ) {
    if (child.exitCode !== null) throw new Error(`dothi serve ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((r) => setTimeout(r, 300));
  }
  throw new Error(`${url}/health/ready did not answer within 120 s`);
}

let shared;

/** The program with the sample province, started once for all tests, or the one that DOTHI_URL names. */
export function startServer() {
  shared ??= begin();
  return shared;
}

async function begin() {
  if (process.env.DOTHI_URL) return { url: process.env.DOTHI_URL.replace(/\/$/, ''), stop: async () => {} };
  const home = mkdtempSync(join(tmpdir(), 'dothi-e2e-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = { ...process.env, DOTHI_HOME: home, DOTHI_LISTEN: url.slice('http://'.length) };
  for (const command of [['migrate'], ['layers', 'apply'], ['sample', 'load']]) {
    const done = spawnSync(binary(), command, { env, cwd: root, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`dothi ${command.join(' ')}: ${done.stderr}`);
  }
  const child = spawn(binary(), ['serve'], { env, cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  await ready(url, child);
  const stop = async () => {
    if (child.exitCode !== null || child.killed) return;
    child.kill('SIGTERM');
    await new Promise((done) => child.once('exit', done));
    rmSync(home, { recursive: true, force: true });
  };
  return { url, stop };
}
