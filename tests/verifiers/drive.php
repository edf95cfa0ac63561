<?php

// Asks the verify.php at $argv[1] about each case of stdin, its headers in both forms; prints what it says.

error_reporting(E_ALL);
set_error_handler(function (int $level, string $message): bool {
    throw new ErrorException($message, 0, $level);
});
require $argv[1];

function refusalOf(array $case, array $headers): string
{
    try {
        verify($headers, base64_decode($case['body'], true), $case['secret'], ...$case['now']);
    } catch (UnexpectedValueException $refusal) {
        return $refusal->getMessage();
    }
    return '';
}

$said = [];
foreach (json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR) as $case) {
    $lists = array_map(fn (string $value): array => [$value], $case['headers']);
    $said[] = [refusalOf($case, $case['headers']), refusalOf($case, $lists)];
}
echo json_encode($said, JSON_THROW_ON_ERROR);
