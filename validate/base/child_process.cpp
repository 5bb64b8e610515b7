// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/child_process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/io.hpp>
#include <csignal>
#include <cstring>

#include "validate/base/errors.hpp"

namespace bp = boost::process;

namespace mig::validate {

struct ChildProcess::Impl {
  bp::child child;
  bool killed_by_us = false;
};

namespace {

// Runs in the child before exec. Its own group keeps the terminal's Ctrl-C for us, who then end it in order.
void bind_to_parent(pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
}

// Boost opens an existing file without emptying it: what an earlier run said in it would be read as ours.
void forget(const std::filesystem::path& output) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(output, ignored)) std::filesystem::remove(output, ignored);
}

bp::child start(const Launch& launch) {
  forget(launch.output);
  forget(launch.errors);
  bp::environment environment = boost::this_process::environment();
  for (const auto& [name, value] : launch.environment) environment[name] = value;
  const auto parent = ::getpid();
  return bp::child(bp::exe = launch.program.string(), bp::args = launch.arguments, environment,
                   bp::std_in<bp::null, bp::std_out> launch.output.string(),
                   bp::std_err > launch.errors.string(),
                   bp::extend::on_exec_setup([parent](auto&) { bind_to_parent(parent); }));
}

}  // namespace

ChildProcess::ChildProcess(const Launch& launch) try : impl_(std::make_unique<Impl>()) {
  impl_->child = start(launch);
} catch (const std::system_error& error) {
  throw CouldNotRun("cannot start " + launch.program.string() + ": " + error.code().message() +
                    ". Give the path of a program that can be started.");
}

ChildProcess::ChildProcess(ChildProcess&&) noexcept = default;

ChildProcess::~ChildProcess() {
  if (impl_) kill();
}

bool ChildProcess::running() {
  std::error_code ignored;
  return impl_->child.running(ignored);
}

bool ChildProcess::wait_for(Seconds limit) {
  for (const RunClock clock; running() && clock.now() < limit;) sleep_for(0.005);
  return !running();
}

std::string ChildProcess::end() {
  if (running()) return {};
  const int status = impl_->child.native_exit_code();
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    return "killed by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
  }
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

bool ChildProcess::crashed() {
  return !running() && WIFSIGNALED(impl_->child.native_exit_code()) && !impl_->killed_by_us;
}

int ChildProcess::exit_code() {
  if (running() || WIFSIGNALED(impl_->child.native_exit_code())) return -1;
  return WEXITSTATUS(impl_->child.native_exit_code());
}

int ChildProcess::pid() const { return impl_->child.id(); }

void ChildProcess::signal(int number) {
  if (running()) ::kill(impl_->child.id(), number);
}

void ChildProcess::kill() {
  if (!running()) return;
  impl_->killed_by_us = true;
  ::kill(-impl_->child.id(), SIGKILL);
  std::error_code ignored;
  impl_->child.wait(ignored);
}

}  // namespace mig::validate
