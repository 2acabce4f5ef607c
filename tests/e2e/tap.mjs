// The smallest TAP writer: a check is a line, a scenario that throws is a failed line with its reason.
let count = 0;
let failed = 0;

export function ok(condition, name, why = '') {
  count += 1;
  if (!condition) failed += 1;
  console.log(`${condition ? 'ok' : 'not ok'} ${count} - ${name}`);
  if (!condition && why) console.log(String(why).split('\n').map((line) => `# ${line}`).join('\n'));
  return condition;
}

export function equal(seen, wanted, name) {
  return ok(seen === wanted, name, `seen ${JSON.stringify(seen)}, wanted ${JSON.stringify(wanted)}`);
}

export function skip(name, why) {
  count += 1;
  console.log(`ok ${count} - ${name} # SKIP ${why}`);
}

// Runs one scenario; whatever it throws is one failed line, and the next scenario still runs.
export async function scenario(name, run) {
  const began = Date.now();
  try {
    await run();
    ok(true, `${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (e) {
    ok(false, name, e.stack ?? e);
  }
}

export function finish() {
  console.log(`1..${count}`);
  process.exitCode = failed ? 1 : 0;
}
