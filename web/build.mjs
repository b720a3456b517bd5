// Bundles the portal into web/dist, which `cargo build` embeds into the binary. Names carry a hash of the
// content, so that browsers may keep them for ever; manifest.json maps the entries to those names. Fonts
// keep their names, for map styles that are used outside the portal point to them.
import { build } from 'esbuild';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const dist = 'dist';
rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'fonts'), { recursive: true });

// Noto Sans (SIL OFL 1.1): the subsets that Vietnamese and English need. Pages and map labels use the same.
const fonts = 'node_modules/@fontsource/noto-sans';
for (const subset of ['latin', 'latin-ext', 'vietnamese']) {
  for (const face of ['400-normal', '400-italic', '500-normal', '600-normal', '700-normal']) {
    const name = `noto-sans-${subset}-${face}.woff2`;
    cpSync(join(fonts, 'files', name), join(dist, 'fonts', name));
  }
}
cpSync(join(fonts, 'LICENSE'), join(dist, 'fonts', 'OFL.txt'));

// Whole fonts, of which the program makes the glyphs of map styles (/fonts).
const whole = 'node_modules/@expo-google-fonts/noto-sans';
for (const [from, to] of [['400Regular', 'Regular'], ['500Medium', 'Medium'], ['400Regular_Italic', 'Italic']]) {
  cpSync(join(whole, from, `NotoSans_${from}.ttf`), join(dist, 'fonts', `NotoSans-${to}.ttf`));
}

// MapLibre runs its worker from a file of its own (no blob: URL, so that the page's content security policy
// can stay strict).
const worker = readFileSync('node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs');
const workerName = `maplibre-worker-${createHash('sha256').update(worker).digest('hex').slice(0, 8)}.js`;
writeFileSync(join(dist, workerName), worker);

const result = await build({
  entryPoints: ['src/portal.ts', 'src/map.ts', 'src/case.ts', 'src/catalogue.ts', 'src/ogc.ts', 'src/changes.ts', 'src/import.ts', 'src/analysis.ts', 'src/edit.ts', 'css/portal.css', 'css/map.css', 'css/edit.css'],
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2022', 'chrome109', 'firefox115', 'safari16'],
  minify: true,
  sourcemap: false,
  legalComments: 'linked',
  outdir: dist,
  entryNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  external: ['/assets/*'],
  define: { MAPLIBRE_WORKER: JSON.stringify(`/assets/${workerName}`) },
  metafile: true,
  logLevel: 'warning',
});

const manifest = {};
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  if (output.entryPoint) manifest[basename(output.entryPoint)] = basename(path);
}
writeFileSync(join(dist, 'manifest.json'), JSON.stringify(manifest, null, 2));
console.log(`web/dist: ${Object.values(manifest).join(', ')}`);
