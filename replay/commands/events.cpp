// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "replay/analyses/event_list.hpp"
#include "replay/commands/captures.hpp"
#include "replay/commands/command.hpp"

namespace mig::replay {
namespace {

class EventsCommand final : public Command {
 public:
  EventsCommand()
      : Command("events", "every unit of every connection, one line each",
                "  migreplay events migration.pcap\n"
                "  tcpdump -i lo -w - tcp port 4444 | migreplay events -\n") {}
  void declare(OptionTable& options) override {
    captures_.declare(options, false);
    options.flag("--pages", pages_, "list pages too, instead of counting them");
  }
  int run() override {
    return captures_.for_each([this](const std::string& path) {
      EventList list(stdout, pages_);
      Analysis analysis({&list});
      return captures_.read(path, analysis);
    });
  }

 private:
  Captures captures_;
  bool pages_ = false;
};

}  // namespace

CommandPointer events_command() { return std::make_unique<EventsCommand>(); }

}  // namespace mig::replay
