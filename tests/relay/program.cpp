// SPDX-License-Identifier: GPL-2.0-or-later
#include "program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace mig::proxy::test {
namespace {

struct Child {
  pid_t pid = -1;
  int out = -1;
  int err = -1;
};

Child start(const std::vector<std::string>& command) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  std::vector<char*> arguments;
  for (const auto& each : command)
    arguments.push_back(const_cast<char*>(each.c_str()));  // NOLINT: not written to
  arguments.push_back(nullptr);
  Child child;
  const int error = ::posix_spawnp(&child.pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  if (error != 0) throw std::system_error(error, std::generic_category(), command[0]);
  child.out = out[0];
  child.err = err[0];
  return child;
}

/// One read; false at the end. Bounded.
bool read_some(int fd, std::string& into) {
  pollfd state{fd, POLLIN, 0};
  if (::poll(&state, 1, 30000) <= 0) throw std::runtime_error("the program says nothing and does not end");
  std::array<char, 4096> piece{};
  const ssize_t got = ::read(fd, piece.data(), piece.size());
  if (got > 0) into.append(piece.data(), static_cast<std::size_t>(got));
  return got > 0;
}

Finished collect(const Child& child) {
  Finished result;
  while (read_some(child.out, result.out)) continue;
  while (read_some(child.err, result.err)) continue;
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ::close(child.out);
  ::close(child.err);
  return result;
}

}  // namespace

Finished run(const std::vector<std::string>& command) { return collect(start(command)); }

Finished migproxy(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), MIGPROXY);
  return run(arguments);
}

RunningProxy::RunningProxy(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), MIGPROXY);
  const Child child = start(arguments);
  pid_ = child.pid;
  out_ = child.out;
  err_ = child.err;
  while (first_.find('\n') == std::string::npos && read_some(out_, first_)) continue;
  const std::string prefix = "listening on ";
  if (!first_.starts_with(prefix)) throw std::runtime_error("no address: " + finish().err);
  address_ = first_.substr(prefix.size(), first_.find('\n') - prefix.size());
}

RunningProxy::~RunningProxy() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  (void)finish();
}

void RunningProxy::signal(int number) const { ::kill(pid_, number); }

Finished RunningProxy::finish() {
  Finished result = collect({std::exchange(pid_, -1), out_, err_});
  result.out.insert(0, first_);
  return result;
}

}  // namespace mig::proxy::test
