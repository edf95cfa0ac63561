<?php

// Verifies a webhook by its three webhook-* headers. PHP 7.4 or newer, no other package.

// Throws UnexpectedValueException unless these bytes were signed with $secret just now.
// $headers: getallheaders(), or the lists of $request->headers->all(); $now: unix seconds.
function verify(array $headers, string $rawBody, string $secret, ?int $now = null): void
{
    if ($secret === '') {
        throw new UnexpectedValueException('the secret is empty');
    }
    $given = array_change_key_case($headers);
    $values = [];
    foreach (['webhook-id', 'webhook-timestamp', 'webhook-signature'] as $name) {
        $values[] = $value = implode(',', (array) ($given[$name] ?? ''));
        if ($value === '') {
            throw new UnexpectedValueException("no $name header");
        }
    }
    [$id, $timestamp, $entries] = $values;
    if (!preg_match('/^[0-9]{1,12}$/D', $timestamp)) {
        throw new UnexpectedValueException('webhook-timestamp is not a number of seconds');
    }
    if (abs(($now ?? time()) - (int) $timestamp) > 5 * 60) { // seconds that the sender's clock may differ
        throw new UnexpectedValueException('webhook-timestamp is more than 5 minutes from now');
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$rawBody", $secret, true));
    foreach (explode(' ', $entries) as $entry) {
        if (hash_equals($expected, $entry)) {
            return;
        }
    }
    throw new UnexpectedValueException('no signature matches');
}
