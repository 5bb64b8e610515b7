// SPDX-License-Identifier: GPL-2.0-or-later
// Why a run could not be made, as opposed to a run that came out unexpectedly; and how Ctrl-C ends one.
#pragma once

#include <stdexcept>

#include "validate/base/clock.hpp"

namespace mig::validate {

/// The run could not be made. The text names the cause and the remedy. Programs exit with 4.
class CouldNotRun : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the command line names is not there. Programs exit with 2.
class WrongUsage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The kernel does not let this user use userfaultfd, which postcopy is built on.
class UserfaultfdRefused : public CouldNotRun {
 public:
  using CouldNotRun::CouldNotRun;
};

/// SIGINT or SIGTERM came. Thrown from waits, so that destructors end every process and remove every file.
class Interrupted : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

/// Turns SIGINT, SIGTERM and SIGHUP into Interrupted at the next wait.
void catch_interrupts();

/// Sleeps; throws Interrupted when a signal has come. Every wait of ours is made of these.
void sleep_for(Seconds duration);

}  // namespace mig::validate
