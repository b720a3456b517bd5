// One file, so that every test meets the same server: starting one takes longer than most tests.
import './edit.mjs';
import './journey.mjs';
import './model.mjs';
import './imports.mjs';
import './pages.mjs';
import './analysis.mjs';
import './keys.mjs';
import './live.mjs';
import './ogc.mjs';
import './styles.mjs';
import './axe.mjs';
