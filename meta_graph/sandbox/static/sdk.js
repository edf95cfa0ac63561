/* Sandbox: this is not Meta. A stand-in for the part of Meta's JavaScript SDK that Embedded Signup uses. */
(function () {
  'use strict';

  var SCRIPT = new URL(document.currentScript.src);
  var SANDBOX = SCRIPT.origin;
  var DELAY_MS = SCRIPT.searchParams.get('delay_ms'); // a test's wish for the dialog
  var POLL_MS = 100;
  var settings = null;

  function typeOf(value) {
    return Object.prototype.toString.call(value).slice(8, -1).toLowerCase();
  }

  function mustBe(value, type) {
    // Meta's SDK checks types the same way, so an async function is refused here as there.
    if (typeOf(value) !== type) {
      throw new TypeError('Expression is of type ' + typeOf(value) + ', not ' + type);
    }
  }

  function mustBeSignupOptions(options) {
    mustBe(options, 'object');
    if (!options.config_id) throw new Error('FB.login: config_id is required for Embedded Signup');
    if (options.response_type !== 'code') throw new Error("FB.login: response_type must be 'code'");
    if (options.override_default_response_type !== true) {
      throw new Error('FB.login: override_default_response_type must be true');
    }
  }

  function dialogUrl(options, id) {
    var query = new URLSearchParams({
      app_id: settings.appId,
      config_id: options.config_id,
      response_type: options.response_type,
      extras: JSON.stringify(options.extras || {}),
      version: settings.version,
      origin: location.origin,
      cb: id,
    });
    if (DELAY_MS) query.set('delay_ms', DELAY_MS);
    return SANDBOX + '/dialog?' + query;
  }

  function login(callback, options) {
    mustBe(callback, 'function');
    if (!settings) {
      console.error('FB.login() called before FB.init().');
      return;
    }
    mustBeSignupOptions(options);
    var id = 'f' + Math.random().toString(16).slice(2);
    var popup = window.open(dialogUrl(options, id), 'sandbox_' + id, 'popup,width=620,height=780');
    watch(popup, id, callback);
  }

  function watch(popup, id, callback) {
    var code = null;
    var answered = false;

    function answer() {
      if (answered) return;
      answered = true;
      window.removeEventListener('message', receive);
      clearInterval(poll);
      callback(code
        ? { authResponse: { userID: null, expiresIn: null, code: code }, status: 'connected' }
        : { authResponse: null, status: 'unknown' });
    }

    function receive(event) {
      if (event.origin !== SANDBOX || typeof event.data !== 'string') return;
      var message = new URLSearchParams(event.data);
      if (message.get('cb') !== id || !message.get('code')) return;
      code = message.get('code');
      if (message.get('at_once')) answer();
    }

    window.addEventListener('message', receive);
    var poll = setInterval(function () {
      // What the popup posted before it closed is already queued: let it arrive first.
      if (!popup || popup.closed) setTimeout(answer, POLL_MS);
    }, POLL_MS);
  }

  window.FB = {
    init: function (options) {
      mustBe(options, 'object');
      if (!options.appId) throw new Error('FB.init: appId is required');
      if (!/^v\d+\.\d+$/.test(options.version || '')) {
        throw new Error('init not called with valid version');
      }
      settings = { appId: String(options.appId), version: options.version };
    },
    login: login,
  };

  setTimeout(function () {
    if (window.fbAsyncInit && !window.fbAsyncInit.hasRun) {
      window.fbAsyncInit.hasRun = true;
      window.fbAsyncInit();
    }
  }, 0);
})();
