import { describe, expect, it } from "vitest";
import { bytes, count, days, duration, figure, money, percent, signed } from "../../src/dashboard/app/format.js";

describe("numbers on the page", () => {
  it.each<[string, string]>([
    [duration(0.4), "under 1 ms"],
    [duration(999.4), "999 ms"],
    [duration(999.6), "1.0 s"],
    [duration(59_940), "59.9 s"],
    [duration(59_960), "1 min"],
    [duration(3_569_000), "59 min"],
    [duration(3_580_000), "1.0 h"],
    [days(0.02), "less than an hour"],
    [days(0.05), "about 1 hour"],
    [days(0.5), "about 12 hours"],
    [days(0.99), "about 1 day"],
    [days(59.4), "about 59 days"],
    [days(59.6), "about 2 months"],
    [money(0), "$0"],
    [money(0.00001), "under $0.0001"],
    [money(0.0123), "$0.0123"],
    [money(12.345), "$12.35"],
    [bytes(1_048_575), "1.0 MiB"],
    [bytes(2 ** 30 - 1), "1.0 GiB"],
    [bytes(2048), "2 KiB"],
    [count(1_234_567), "1 234 567"],
    [signed(-0.0001), "0.000"],
    [signed(-0.5, 1), "−0.5"],
    [percent(0.123, 1), "12.3 %"],
  ])("are written in the unit that people would use: %s", (written, wanted) => {
    expect(written.replaceAll(" ", " ")).toBe(wanted);
  });

  it("that are none, or null as JSON writes them, are said to be unknown", () => {
    // A page that fails on one of them shows nothing at all; a wait without end was "less than an hour".
    const none = [null, undefined, Number.NaN, Number.POSITIVE_INFINITY];
    for (const write of [bytes, count, days, duration, figure, money, percent, signed])
      expect(none.map((v) => write(v as never))).toEqual(none.map(() => "–"));
  });
});
