// Frame numbers as SMPTE timecode, drop frame included: the same rule as the Python module `timecode`.
"use strict";
window.comet = window.comet || {};

(function () {
  const DROPS = new Set(["30000/1001", "60000/1001"]);

  function withSkippedNumbers(frame, nominal) {
    const skipped = Math.floor(nominal / 15);
    const inTenMinutes = 600 * nominal - 9 * skipped;
    const inOneMinute = 60 * nominal - skipped;
    const tens = Math.floor(frame / inTenMinutes);
    const rest = frame % inTenMinutes;
    const minutes = rest < 60 * nominal ? 0 : 1 + Math.floor((rest - 60 * nominal) / inOneMinute);
    return frame + skipped * (9 * tens + minutes);
  }

  function two(number) {
    return String(number).padStart(2, "0");
  }

  // rate: [numerator, denominator]
  window.comet.timecode = function (frame, rate, dropFrame) {
    if (frame < 0) return "-" + window.comet.timecode(-frame, rate, dropFrame);
    const nominal = Math.max(1, Math.round(rate[0] / rate[1]));
    const drops = dropFrame && DROPS.has(rate[0] + "/" + rate[1]);
    const number = drops ? withSkippedNumbers(frame, nominal) : frame;
    const seconds = Math.floor(number / nominal);
    const minutes = Math.floor(seconds / 60);
    const text = [Math.floor(minutes / 60), minutes % 60, seconds % 60].map(two).join(":");
    return text + (drops ? ";" : ":") + two(number % nominal);
  };
})();
