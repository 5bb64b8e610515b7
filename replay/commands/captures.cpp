// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/captures.hpp"

#include <cstdio>
#include <exception>

#include "replay/commands/command.hpp"

namespace mig::replay {

void Captures::declare(OptionTable& options, bool several) {
  options.files("FILE", files, "pcap, pcapng or stream files, plain, gzip or zstd; - is standard input",
                several);
  options.number("--migration", migration, "only this one of several in a capture, counted from 1");
  options.flag("--json", json, "one JSON object a line");
}

bool Captures::read(const std::string& path, Analysis& analysis) const {
  std::string warning;
  static_cast<void>(analyse_file(path, analysis, warning));
  if (!warning.empty()) std::fprintf(stderr, "migreplay: %s\n", warning.c_str());
  return warning.empty();
}

int Captures::for_each(const std::function<bool(const std::string&)>& each) const {
  bool fine = true;
  for (const auto& path : files) {
    try {
      fine = each(path) && fine;
    } catch (const std::exception& e) {
      std::fprintf(stderr, "migreplay: %s\n", e.what());
      fine = false;
    }
  }
  return fine ? 0 : 1;
}

}  // namespace mig::replay
