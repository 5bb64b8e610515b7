// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/capture.hpp"

namespace mig::plugin {

Capture::Capture(const Options& options)
    : options_(options), blobs_(options.keep_bytes), decoder_(options.description) {}

Connection& Capture::connect(const Host& source, const Host& destination, Joined joined) {
  const ConnectionId id{static_cast<std::uint32_t>(connections_.size())};
  return connections_.emplace_back(*this, sets_.try_emplace({source, destination}, SIZE_MAX).first->second,
                                   id, joined);
}

bool Capture::knows(const Host& source, const Host& destination) const {
  const auto found = sets_.find({source, destination});
  return found != sets_.end() && !found->second.all().empty();
}

MigrationLog& Capture::log_of(Migration& migration) {
  auto& log = logs_[&migration];
  if (!log) {
    log = std::make_unique<MigrationLog>(migration, static_cast<std::uint32_t>(logs_.size()));
    const auto bits = options_.page_size;
    if (bits != 0) migration.tables().know_page_size(bits, PageSizeSource::preset);
  }
  return *log;
}

}  // namespace mig::plugin
