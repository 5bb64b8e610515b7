// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "replay/commands/command.hpp"
#include "replay/commands/complain.hpp"
#include "replay/redact/redact_file.hpp"

namespace mig::replay {
namespace {

class RedactCommand final : public Command {
 public:
  RedactCommand()
      : Command(
            "redact", "write a copy for a bug report: guest data zeroed, sizes, times and structure kept",
            "  migreplay redact migration.pcapng for-the-bug-report.pcap\n"
            "  migreplay redact vm.state redacted.state       a stream file works too (it cannot be loaded "
            "any "
            "more)\n"
            "\nKept: framing, sizes, times, addresses and ports, numbers such as page numbers, page bitmaps, "
            "the VM "
            "description, and the\nnames that the source announced before anything was lost or damaged: of "
            "machine, "
            "devices and RAM blocks, with the VM's\nUUID where it is sent. All else is zeros, or the letter "
            "x: page "
            "contents, device state, disk and compressed data, what\nis not readable, other connections, "
            "packets "
            "without TCP, comments. OUT is for its owner's eyes (0600) and is there only\nwhen it is "
            "whole.\n") {}
  void declare(OptionTable& options) override {
    options.path("IN", in_, "pcap, pcapng or stream file, plain, gzip or zstd", true);
    options.path("OUT", out_, "pcap (nanoseconds) or stream file to write", true);
  }
  int run() override {
    const auto result = redact_file(in_, out_);
    if (!result.warning.empty()) complain(result.warning);
    print(result);
    return 0;
  }

 private:
  static unsigned long long number(std::uint64_t n) { return n; }
  void print(const Redacted& result) const {
    std::printf("%s: %llu bytes blanked, %llu kept", readable(out_).c_str(), number(result.blanked_bytes),
                number(result.kept_bytes));
    if (result.packets != 0) std::printf(", in %llu packets", number(result.packets));
    if (result.blank_packets != 0)
      std::printf(", of which %llu are no TCP of an understood connection and all zeros",
                  number(result.blank_packets));
    std::printf(
        "\nkept: framing, times, addresses, numbers, names of machine, devices and RAM blocks, the VM "
        "description\n");
    if (result.same_structure) {
      std::printf("read again: the same events: %llu units of the same kinds, sizes, places and times\n",
                  number(result.units));
    } else {
      std::printf(
          "read again: %llu units instead of %llu; where the input is damaged, it reads differently "
          "redacted\n",
          number(result.units_again), number(result.units));
    }
  }
  std::string in_, out_;
};

}  // namespace

CommandPointer redact_command() { return std::make_unique<RedactCommand>(); }

}  // namespace mig::replay
