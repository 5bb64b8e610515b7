// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/status_line.hpp"

#include <unistd.h>

#include <cstdio>

namespace mig::replay {
namespace {

constexpr std::chrono::seconds patience{2};
constexpr std::chrono::milliseconds interval{250};

}  // namespace

StatusLine::StatusLine() : next_(start_ + patience), wanted_(::isatty(STDERR_FILENO) == 1) {}
StatusLine::~StatusLine() { clear(); }

void StatusLine::update(const std::function<std::string()>& text) {
  if (!wanted_ || Clock::now() < next_) return;
  next_ = Clock::now() + interval;
  std::fprintf(stderr, "\r\033[K%s", text().c_str());
  std::fflush(stderr);
  shown_ = true;
}

void StatusLine::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

double StatusLine::elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

}  // namespace mig::replay
