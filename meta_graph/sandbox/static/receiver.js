(function () {
  'use strict';

  var page = document.body.querySelector('[data-receiver]');
  var address = '/_sandbox/receivers/' + page.dataset.receiver;

  document.getElementById('secret-form').addEventListener('submit', async function (event) {
    event.preventDefault();
    await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ secret: new FormData(event.target).get('secret') }),
    });
    location.reload();
  });

  setInterval(async function () {
    // Somebody who reads an open delivery or types a secret is not interrupted.
    if (document.hidden || document.querySelector('details[open], input:focus')) return;
    var answer = await fetch(address + '/deliveries');
    var deliveries = (await answer.json()).data;
    if (String(deliveries.length ? deliveries[0].receivedAt : '') !== page.dataset.newest) location.reload();
  }, 2000);
})();
