// A plugin that starts threads without end, and tells how far it came.

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *wait_for_ever(void *unused) {
  pause();
  return unused;
}

int main(void) {
  int made = 0;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 << 10);
  for (pthread_t thread; made < 3000; made++)
    if (pthread_create(&thread, &small, wait_for_ever, NULL) != 0) break;
  // Long enough to be seen.
  sleep(2);
  fprintf(stderr, "threads: %d\n", made);
  return 9;
}
