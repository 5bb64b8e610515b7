// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/errors.hpp"

#include <atomic>
#include <csignal>
#include <ctime>

namespace mig::validate {
namespace {

std::atomic<int> interrupt_came = 0;  // lock-free, so it may be set by a signal handler

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupt_came = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

void sleep_for(Seconds duration) {
  const auto whole = static_cast<std::time_t>(duration);
  const timespec time{whole, static_cast<long>((duration - static_cast<double>(whole)) * 1e9)};
  if (interrupt_came == 0) nanosleep(&time, nullptr);
  if (interrupt_came != 0) throw Interrupted();
}

}  // namespace mig::validate
