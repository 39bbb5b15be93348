// In place of the task's binary: runs a script by a Node. Both paths are put in after it was compiled.

#include <unistd.h>

static char node[1024] = "@NODE@", script[1024] = "@SCRIPT@";

int main(int count, char **words) {
  char *own = count > 0 ? words[0] : "";
  char *command[] = {node, script, own, 0};
  execv(node, command);
  return 127;
}
