// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <stdexcept>

#include "replay/analyses/words.hpp"
#include "replay/commands/capture_input.hpp"
#include "replay/commands/command.hpp"
#include "replay/send/player.hpp"

namespace mig::replay {
namespace {

class SendCommand final : public Command {
 public:
  SendCommand()
      : Command("send", "plays a recorded migration into a real destination",
                "  qemu-system-x86_64 ... -incoming tcp:127.0.0.1:4444     with the same devices as the "
                "source had\n"
                "  migreplay send migration.pcap --to 127.0.0.1:4444       at recorded pace\n"
                "  migreplay send vm.state --to unix:/tmp/in.sock --fast\n"
                "\nAll channels are played: main, multifd, preempt. The answers are compared with the "
                "recorded ones; "
                "page requests\nare answered by nothing but the recording.\n"
                "\nExit: 0 all sent and answered as recorded, 1 not so, 2 wrong usage.\n") {}
  void declare(OptionTable& options) override {
    options.path("FILE", file_, "a capture without gaps, or a stream file", true);
    options.text("--to", player_.address, "HOST:PORT or unix:PATH of a QEMU that waits for a migration",
                 true);
    options.flag("--fast", player_.fast, "as fast as the destination takes it");
    options.number("--wait", player_.patience,
                   "seconds to wait for a destination that takes or says nothing (30)");
    options.number("--migration", migration_, "which of several in a capture, counted from 1 (1)");
  }
  int run() override {
    if (file_ == "-") throw std::runtime_error("send reads its input twice: it needs a file, not -");
    ChannelsOf channels(migration_);
    read(channels);
    if (channels.connections().empty())
      throw std::runtime_error(file_ + ": no migration " + std::to_string(migration_) + " found");
    if (!channels.pages_recorded())
      throw std::runtime_error(file_ +
                               ": page contents were not recorded (migproxy --record-pages=no), so it "
                               "cannot be sent");
    if (channels.missing() != 0)
      throw std::runtime_error(file_ + ": " + std::to_string(channels.missing()) +
                               " bytes are not in the capture, so it cannot be sent");
    Player player(player_, channels.connections());
    read(player);
    return report(player);
  }

 private:
  void read(Consumer& consumer) {
    CaptureDecoder analysis({&consumer});
    static_cast<void>(CaptureInput().read(file_, analysis));
  }

  static int report(const Player& player) {
    std::printf("sent            %s\n", bytes_text(player.sent()).c_str());
    if (!player.stopped().empty()) std::printf("stopped         %s\n", player.stopped().c_str());
    const auto answers = compare(player.recorded(), player.now());
    std::printf("%s", answers.table.c_str());
    return answers.same && player.stopped().empty() ? 0 : 1;
  }

  std::string file_;
  Player::Options player_;
  unsigned migration_ = 1;
};

}  // namespace

CommandPointer send_command() { return std::make_unique<SendCommand>(); }

}  // namespace mig::replay
