/** Time that tests with a bound measure: of this process's own work, however crowded the machine is. */

/** Milliseconds of processor time that the process has used. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
