(function () {
  'use strict';

  var asked = JSON.parse(document.getElementById('asked').textContent);
  var form = document.getElementById('signup');
  var status = document.getElementById('status');

  function post(text) {
    if (window.opener) window.opener.postMessage(text, asked.origin || '*');
  }

  function noise() {
    // Meta's windows post things of their own too; a page must not trip over them.
    post('cb=' + asked.cb + '&domain=sandbox&is_canvas=false&relation=opener&frame=' + asked.cb);
    post({ __sandbox_noise: true });
    post(JSON.stringify({ type: 'resize', height: window.innerHeight }));
    post('not json {');
  }

  function wait(milliseconds) {
    return new Promise(function (resolve) { setTimeout(resolve, milliseconds); });
  }

  function postSession(session) {
    if (!session) return;
    post(JSON.stringify({ type: 'WA_EMBEDDED_SIGNUP', event: session.event, data: session.data, version: 3 }));
  }

  function postCode(code, atOnce) {
    if (!code) return;
    var message = new URLSearchParams({ cb: asked.cb, code: code });
    if (atOnce) message.set('at_once', '1');
    post(message.toString());
  }

  async function bringBack(result, delay) {
    noise();
    if (result.order === 'code_first') {
      postCode(result.code, true);
      await wait(delay);
      postSession(result.session);
      return;
    }
    postSession(result.session);
    if (result.order === 'message_first') await wait(delay);
    postCode(result.code, false);
  }

  async function choose(choice) {
    var fields = Object.fromEntries(form ? new FormData(form) : []);
    document.querySelectorAll('[data-choice]').forEach(function (button) { button.disabled = true; });
    status.textContent = 'Working…';
    var answer = await fetch('/dialog/finish', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(Object.assign({ choice: choice }, fields)),
    });
    var result = await answer.json();
    if (!answer.ok) {
      status.textContent = result.error;
      return;
    }
    await bringBack(result, Number(fields.delayMs || 0));
    status.textContent = 'Done. This window may be closed.';
    window.close();
  }

  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-choice]');
    if (button) choose(button.dataset.choice);
  });
  document.getElementById('lost').hidden = Boolean(window.opener);
})();
