// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <stdexcept>

#include "replay/commands/capture_input.hpp"
#include "replay/commands/command.hpp"
#include "replay/commands/complain.hpp"
#include "replay/events/event_list.hpp"

namespace mig::replay {
namespace {

class EventsCommand final : public Command {
 public:
  EventsCommand()
      : Command(
            "events", "every unit of every connection, one line each",
            "  migreplay events migration.pcap\n"
            "  migreplay events --json --pages migration.pcap | jq -c 'select(.event == \"page\")'\n"
            "  migreplay events --filter 'pong && value==0x42 || kind==phase' migration.pcap\n"
            "  migreplay events --filter 'channel==preempt && time>=1.5' migration.pcap\n"
            "  migreplay events --time utc migration.pcap\n"
            "  tcpdump -i lo -U -w - tcp port 4444 | migreplay events -\n"
            "  migreplay events -i lo --capture-filter 'tcp port 4444'\n"
            "\n"
            "A filter compares what --json shows: an event's name alone, or NAME OP VALUE, with OP one of\n"
            "== != < <= > >= ~ (contains); NAME is a field, or kind, time, packet, migration, connection,\n"
            "channel, direction, off, len, guess. Joined with && || ! and parentheses.\n") {}
  void declare(OptionTable& options) override {
    captures_.declare(options, false);
    options.flag("--pages", pages_, "list pages too, instead of counting them");
    options.choice("--time", time_, {std::begin(time_styles), std::end(time_styles)},
                   "how times are shown: since the first packet, as date and time, or since the line before");
    options.text("--filter", filter_, "only lines for which this holds; see below");
  }
  int run() override {
    EventListOptions options{pages_, captures_.migration, std::nullopt};
    try {
      if (!filter_.empty()) options.filter.emplace(filter_);
    } catch (const std::invalid_argument& e) {
      complain(e.what());
      return 2;
    }
    const bool live = !captures_.interface.empty() || captures_.files == std::vector<std::string>{"-"};
    if (live) std::setvbuf(stdout, nullptr, _IOLBF, 0);
    return captures_.for_each([&](const std::string& path) {
      EventText text(time_style(time_));
      EventJson json;
      EventList list(stdout, captures_.json ? static_cast<EventFormat&>(json) : text, std::move(options));
      CaptureDecoder analysis({&list});
      const bool fine = captures_.read(path, analysis);
      if (const auto remark = list.remark(); !remark.empty()) complain(path + ": " + remark);
      captures_.require_migration(path, analysis);
      return fine;
    });
  }

 private:
  CaptureInput captures_;
  std::string filter_, time_;
  bool pages_ = false;
};

}  // namespace

CommandPointer events_command() { return std::make_unique<EventsCommand>(); }

}  // namespace mig::replay
