// Two players that show the same frame: every position is a whole frame number, and a pause ends on one.
"use strict";
window.comet = window.comet || {};

(function () {
  const SPEEDS = [1, 2, 4];
  const CLOSE = 0.25; // of a frame: nearer than this the players are left alone

  window.comet.Player = class {
    // original, take: video elements; told: called with (frame, playing, speed)
    constructor(original, take, told) {
      this.videos = [original, take];
      this.told = told;
      this.rate = 24;
      this.first = 0;
      this.last = 0;
      this.frame = 0;
      this.speed = 0;
      this.loop = true;
      this.loads = 0;
      this.wanted = null;
      this.seeking = false;
      this.seen = [null, null];
      this.starting = 0;
      this.videos.forEach((video, which) => this.watch(video, which));
    }

    get leader() {
      return this.videos[1].hasAttribute("src") ? this.videos[1] : this.videos[0];
    }

    get used() {
      return this.videos.filter((video) => video.hasAttribute("src"));
    }

    get playing() {
      return this.speed !== 0;
    }

    // what: {original, media, rate, first, last}; first and last are frames of both files
    async load(what, frame) {
      this.stop();
      const load = ++this.loads;
      this.rate = what.rate;
      this.first = what.first;
      this.last = what.last;
      this.seen = [null, null];
      const places = [what.original, what.media];
      const loaded = this.videos.map((video, which) => this.loadOne(video, places[which]));
      const found = await Promise.all(loaded);
      if (load !== this.loads) return found;
      this.frame = Math.min(Math.max(frame, this.first), this.last);
      await this.show(this.frame);
      return found;
    }

    // Returns whether the file can be shown.
    loadOne(video, place) {
      if (video.dataset.place === place && video.readyState >= 2) return Promise.resolve(true);
      video.dataset.place = place;
      if (!place) {
        video.removeAttribute("src");
        video.load();
        return Promise.resolve(false);
      }
      return new Promise((resolve) => {
        const ended = (good) => () => {
          video.onloadeddata = video.onerror = null;
          if (!good) video.removeAttribute("src");
          resolve(good);
        };
        video.onloadeddata = ended(true);
        video.onerror = ended(false);
        video.src = place;
        video.load();
      });
    }

    setRange(first, last) {
      this.first = first;
      this.last = last;
      if (this.frame < first || this.frame > last) this.go(Math.min(Math.max(this.frame, first), last));
      else this.tell();
    }

    // Go to a frame and stay there; the newest wish wins.
    go(frame) {
      this.stop();
      return this.show(Math.min(Math.max(frame, this.first), this.last));
    }

    step(count) {
      return this.go((this.wanted === null ? this.frame : this.wanted) + count);
    }

    async show(frame) {
      this.wanted = frame;
      this.frame = frame;
      this.tell();
      if (this.seeking) return;
      this.seeking = true;
      while (this.wanted !== null) {
        const now = this.wanted;
        await Promise.all(this.used.map((video) => this.seek(video, now)));
        if (this.wanted === now) this.wanted = null;
      }
      this.seeking = false;
    }

    // The middle of a frame: nearest to no neighbour, whatever the container's clock rounds.
    seek(video, frame) {
      const place = (frame + 0.5) / this.rate;
      if (Math.abs(video.currentTime - place) < 0.2 / this.rate && !video.seeking) return Promise.resolve();
      return new Promise((resolve) => {
        const ended = () => {
          video.removeEventListener("seeked", ended);
          video.removeEventListener("error", ended);
          resolve();
        };
        video.addEventListener("seeked", ended);
        video.addEventListener("error", ended);
        video.currentTime = place;
      });
    }

    toggle() {
      if (this.playing) this.pause();
      else this.play(1);
    }

    faster(direction) {
      const same = Math.sign(this.speed) === direction;
      const next = SPEEDS[Math.min(SPEEDS.indexOf(Math.abs(this.speed)) + 1, SPEEDS.length - 1)];
      this.play(direction * (same ? next : 1));
    }

    async play(speed) {
      if (!this.used.length) return;
      this.halt();
      const start = ++this.starting;
      const ahead = speed > 0;
      if (ahead ? this.frame >= this.last : this.frame <= this.first) this.frame = ahead ? this.first : this.last;
      this.speed = speed;
      this.tell();
      await this.show(this.frame);
      if (start !== this.starting || this.speed !== speed) return;
      if (ahead) {
        this.used.forEach((video) => (video.playbackRate = speed));
        const begun = await Promise.allSettled(this.used.map((video) => video.play()));
        if (start !== this.starting) return;
        if (begun.some((each) => each.status === "rejected")) this.pause();
        else this.keepWatch();
      } else this.backwards(speed);
    }

    // Stop where the leader is, on a whole frame that both show.
    pause() {
      const frame = this.frame;
      this.halt();
      this.speed = 0;
      return this.show(Math.min(Math.max(frame, this.first), this.last));
    }

    stop() {
      this.halt();
      this.speed = 0;
      this.tell();
    }

    halt() {
      this.starting++;
      this.videos.forEach((video) => video.pause());
    }

    // Browsers play forwards only: backwards is one frame after the other.
    async backwards(speed) {
      const start = this.starting;
      let began = performance.now();
      let from = this.frame;
      while (start === this.starting && this.speed === speed) {
        const passed = ((performance.now() - began) / 1000) * this.rate * -speed;
        let frame = from - Math.floor(passed);
        if (frame < this.first) {
          if (!this.loop) {
            await this.go(this.first);
            return;
          }
          began = performance.now();
          from = frame = this.last;
        }
        if (frame !== this.frame) await this.show(frame);
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    }

    watch(video, which) {
      if (!("requestVideoFrameCallback" in video)) return;
      const shown = (now, facts) => {
        this.seen[which] = Math.floor(facts.mediaTime * this.rate + 0.5);
        if (this.speed > 0 && video === this.leader && !this.seeking) this.passed(this.seen[which]);
        video.requestVideoFrameCallback(shown);
      };
      video.requestVideoFrameCallback(shown);
    }

    // Without frame callbacks the clock tells where the players are.
    keepWatch() {
      const start = this.starting;
      const look = () => {
        if (start !== this.starting || this.speed <= 0) return;
        this.align();
        const clock = Math.floor(this.leader.currentTime * this.rate);
        if (this.leader.ended || clock > this.last || !("requestVideoFrameCallback" in this.leader)) this.passed(clock);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }

    // Both run by one clock of the machine; what little they drift apart is made good by speed, never by a jump.
    align() {
      const [leader, follower] = [this.leader, this.used.find((video) => video !== this.leader)];
      if (!follower || follower.seeking || leader.seeking) return;
      const ahead = (follower.currentTime - leader.currentTime) * this.rate;
      if (Math.abs(ahead) > 4) follower.currentTime = leader.currentTime;
      else {
        const wanted = Math.abs(ahead) < CLOSE ? this.speed : this.speed * (ahead > 0 ? 0.92 : 1.08);
        if (follower.playbackRate !== wanted) follower.playbackRate = wanted;
      }
    }

    async passed(frame) {
      if (frame > this.last || this.leader.ended) {
        const speed = this.speed;
        if (!this.loop) {
          this.halt();
          this.speed = 0;
          await this.show(this.last);
          return;
        }
        this.frame = this.first;
        await this.play(speed);
        return;
      }
      this.frame = Math.max(frame, this.first);
      this.tell();
    }

    tell() {
      this.told(this.frame, this.playing, this.speed);
    }
  };
})();
