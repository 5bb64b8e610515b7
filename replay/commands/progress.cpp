// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/progress.hpp"

#include <unistd.h>

#include <cstdio>

#include "common/text.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

constexpr std::chrono::seconds patience{2};
constexpr std::chrono::milliseconds interval{250};

}  // namespace

Progress::Progress(std::string name, const ReadPosition& position)
    : name_(std::move(name)),
      position_(position),
      next_(start_ + patience),
      wanted_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::tick() {
  if (!wanted_) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + interval;
  show(now);
}

void Progress::show(Clock::time_point now) {
  const auto read = static_cast<double>(position_.read());
  const auto rate = rate_text(read / std::chrono::duration<double>(now - start_).count());
  const auto size = static_cast<double>(position_.size());
  const auto share = position_.size() != 0 ? percent_text(read, size) : bytes_text(position_.read());
  std::fprintf(stderr, "\r\033[K%s: %s read, %s", readable(name_).c_str(), share.c_str(), rate.c_str());
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace mig::replay
