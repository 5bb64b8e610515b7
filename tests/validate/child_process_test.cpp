// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/child_process.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

using namespace mig::validate;

namespace {

Launch shell(const TempDir& dir, const std::string& script) {
  return {"/bin/sh", {"-c", script}, dir.path() / "out", dir.path() / "err"};
}

pid_t number_in(const std::filesystem::path& file) {
  pid_t number = 0;
  for (const RunClock clock; number == 0 && clock.now() < 5; sleep_for(0.01)) std::ifstream(file) >> number;
  return number;
}

// Gone, or dead and waiting for an init that takes its time to reap it.
bool dead(pid_t process) {
  std::string line;
  std::getline(std::ifstream("/proc/" + std::to_string(process) + "/stat"), line);
  return line.empty() || line.find(") Z ") != std::string::npos;
}

bool gone(pid_t process) {
  for (const RunClock clock; clock.now() < 5; sleep_for(0.01))
    if (dead(process)) return true;
  return false;
}

}  // namespace

TEST_CASE("output and errors go to files, and the end is told") {
  const TempDir dir;
  ChildProcess child(shell(dir, "echo out; echo err >&2; exit 3"));
  for (const RunClock clock; child.running() && clock.now() < 5;) sleep_for(0.01);
  CHECK(child.end() == "exit code 3");
  CHECK(child.exit_code() == 3);
  CHECK_FALSE(child.crashed());
  CHECK(tail_of(dir.path() / "out") == "out");
  CHECK(tail_of(dir.path() / "err") == "err");
}

TEST_CASE("a crash is told from our own kill") {
  const TempDir dir;
  ChildProcess aborts(shell(dir, "kill -ABRT $$"));
  for (const RunClock clock; aborts.running() && clock.now() < 5;) sleep_for(0.01);
  CHECK(aborts.crashed());
  CHECK(aborts.end() == "killed by signal 6 (Aborted)");
  ChildProcess killed(shell(dir, "sleep 60"));
  killed.kill();
  CHECK_FALSE(killed.running());
  CHECK_FALSE(killed.crashed());
}

TEST_CASE("the destructor ends the whole group, also the children of a wrapper") {
  const TempDir dir;
  pid_t grandchild = 0;
  {
    const ChildProcess wrapper(shell(dir, "sleep 60 & echo $!; wait"));
    grandchild = number_in(dir.path() / "out");
    REQUIRE(grandchild > 0);
  }
  CHECK(gone(grandchild));
}

TEST_CASE("a crash of ours ends them too") {
  const TempDir dir;
  const pid_t us = ::fork();
  if (us == 0) {
    const ChildProcess child(shell(dir, "echo $$; exec sleep 60"));
    (void)number_in(dir.path() / "out");
    ::raise(SIGKILL);
  }
  REQUIRE(us > 0);
  int status = 0;
  REQUIRE(::waitpid(us, &status, 0) == us);
  CHECK(gone(number_in(dir.path() / "out")));
}

TEST_CASE("a program that cannot be started is named") {
  const TempDir dir;
  CHECK_THROWS_WITH_AS(ChildProcess({"/nonexistent/qemu", {}, dir.path() / "out", dir.path() / "err"}),
                       doctest::Contains("cannot start /nonexistent/qemu: No such file or directory"),
                       CouldNotRun);
}
