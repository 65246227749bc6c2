// Prints at how many kHz this machine's time stamp counter runs. An emulated node sees that counter, and on a busy machine finds
// its rate wrong by a factor (its clock then runs four times too fast, and all its timeouts end early): so it is told.
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC_RAW, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

// The counter between the two closest readings of the clock: what was interrupted does not count.
static void both(double *at, unsigned long long *count) {
  double best = 1e9;
  for (int i = 0; i < 1000; i++) {
    double before = now();
    unsigned long long ticks = __rdtsc();
    double after = now();
    if (after - before < best) {
      best = after - before;
      *at = (before + after) / 2;
      *count = ticks;
    }
  }
}

int main(void) {
  struct timespec pause = {0, 500000000};
  double t0 = 0, t1 = 0;
  unsigned long long c0 = 0, c1 = 0;
  both(&t0, &c0);
  nanosleep(&pause, NULL);
  both(&t1, &c1);
  printf("%.0f\n", (double)(c1 - c0) / (t1 - t0) / 1000);
  return 0;
}
