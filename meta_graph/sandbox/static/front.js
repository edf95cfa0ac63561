(function () {
  'use strict';

  document.addEventListener('click', async function (event) {
    var button = event.target.closest('[data-method]');
    if (!button) return;
    button.disabled = true;
    await fetch(button.dataset.path, {
      method: button.dataset.method,
      headers: { 'Content-Type': 'application/json' },
      body: button.dataset.body,
    });
    location.reload();
  });
})();
