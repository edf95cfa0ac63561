(function () {
  'use strict';

  var chat = document.querySelector('[data-chat]');
  var composer = document.getElementById('composer');
  var status = document.getElementById('status');
  var MOST = 2 * 1024 * 1024;

  function outcome(answer) {
    if (answer.error) return answer.error;
    var code = answer.statuses[answer.statuses.length - 1];
    if (code === 200) return '';
    if (code === null) return 'The app is not subscribed to this account: nobody was told.';
    return code === 0 ? 'The callback does not answer.' : 'The callback answered ' + code + '.';
  }

  async function write(fields) {
    var body = Object.assign({ phoneNumberId: chat.dataset.chat, sender: chat.dataset.person }, fields);
    var response = await fetch('/_sandbox/messages', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    status.textContent = outcome(await response.json());
    await refresh();
  }

  async function refresh() {
    var response = await fetch(location.href);
    var page = new DOMParser().parseFromString(await response.text(), 'text/html');
    var fresh = page.getElementById('messages');
    var shown = document.getElementById('messages');
    if (fresh.innerHTML === shown.innerHTML) return;
    shown.innerHTML = fresh.innerHTML;
    shown.lastElementChild.scrollIntoView({ block: 'nearest' });
  }

  function encoded(file) {
    return new Promise(function (resolve, reject) {
      var reader = new FileReader();
      reader.onload = function () { resolve(reader.result.split(',')[1] || ''); };
      reader.onerror = reject;
      reader.readAsDataURL(file);
    });
  }

  async function written() {
    var data = new FormData(composer);
    var fields = { type: data.get('type'), name: data.get('name'), isHidden: data.has('isHidden') };
    var text = data.get('text').trim();
    var file = data.get('file');
    if (file && file.size && fields.type === 'text') {
      var kind = file.type.split('/')[0];
      fields.type = ['image', 'video', 'audio'].indexOf(kind) < 0 ? 'document' : kind;
    }
    if (text) fields[fields.type === 'text' || fields.type === 'ad' ? 'text' : 'caption'] = text;
    if (file && file.size) {
      fields.file = await encoded(file);
      fields.filename = fields.type === 'document' ? file.name : '';
      if (file.type) fields.mimeType = file.type;
    }
    return fields;
  }

  composer.addEventListener('submit', async function (event) {
    event.preventDefault();
    var file = composer.elements.file.files[0];
    if (file && file.size > MOST) {
      status.textContent = 'The file is longer than 2 MB.';
      return;
    }
    await write(await written());
    composer.elements.text.value = '';
    composer.elements.file.value = '';
    composer.elements.text.focus();
  });

  composer.elements.text.addEventListener('keydown', function (event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      composer.requestSubmit();
    }
  });

  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-write]');
    if (button) write(JSON.parse(button.dataset.write));
  });

  setInterval(function () {
    // Who listens to a voice message or chooses a button is not interrupted.
    if (document.hidden || document.querySelector('#messages :focus')) return;
    if (Array.prototype.some.call(document.querySelectorAll('#messages audio, #messages video'), function (media) { return !media.paused; })) return;
    refresh();
  }, 1500);
})();
