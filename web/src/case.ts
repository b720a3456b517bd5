// The pages of an application: the applicant's and the officer's.
import './portal';
import { caseMap } from './case/casemap';
import { bindBulkFindings } from './case/findings';
import { bindRuns, bindUploads, followOpenRuns } from './case/upload';

bindUploads();
bindRuns();
followOpenRuns();
bindBulkFindings();
caseMap().catch((e: Error) => {
  const at = document.getElementById('casemap-canvas');
  if (at) {
    const note = document.createElement('p');
    note.className = 'notice notice--error';
    note.textContent = e.message;
    at.replaceChildren(note);
  }
});

// Buttons that are pressed or not need that state from the start.
for (const button of document.querySelectorAll('button[data-row], #case-3d')) button.setAttribute('aria-pressed', 'false');
