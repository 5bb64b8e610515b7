// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/progress.hpp"

#include "common/text.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {

std::string Progress::text() const {
  const auto read = static_cast<double>(position_.read());
  const auto share = position_.size() != 0 ? percent_text(read, static_cast<double>(position_.size()))
                                           : bytes_text(position_.read());
  return readable(name_) + ": " + share + " read, " + rate_text(read / line_.elapsed());
}

}  // namespace mig::replay
