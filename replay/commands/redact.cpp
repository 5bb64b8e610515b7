// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "replay/commands/command.hpp"
#include "replay/redact/redact_file.hpp"

namespace mig::replay {
namespace {

class RedactCommand final : public Command {
 public:
  RedactCommand()
      : Command(
            "redact", "a capture fit for a bug report: the guest's bytes zeroed, all else as it was",
            "  migreplay redact migration.pcapng for-the-bug-report.pcap\n"
            "  migreplay redact vm.state redacted.state       a stream file works too (it cannot be loaded "
            "any "
            "more)\n"
            "\nZeroed: page contents, device state, disk and compressed data, what is not readable, other "
            "connections.\n"
            "Kept: framing, sizes, times, addresses, page numbers, page bitmaps, the VM description, and the "
            "names of\nmachine, devices and RAM blocks, with the VM's UUID where it is sent. Packets without "
            "TCP "
            "are left out.\n") {}
  void declare(OptionTable& options) override {
    options.path("IN", in_, "pcap, pcapng or stream file, plain, gzip or zstd", true);
    options.path("OUT", out_, "pcap (nanoseconds) or stream file to write", true);
  }
  int run() override {
    const auto result = redact_file(in_, out_);
    if (!result.warning.empty()) std::fprintf(stderr, "migreplay: %s\n", result.warning.c_str());
    std::printf("%s: %llu bytes zeroed", out_.c_str(), static_cast<unsigned long long>(result.private_bytes));
    if (result.packets != 0) std::printf(" in %llu packets", static_cast<unsigned long long>(result.packets));
    if (result.left_out != 0)
      std::printf(", %llu packets without TCP left out", static_cast<unsigned long long>(result.left_out));
    std::printf(
        "\nkept: framing, times, addresses, names of machine, devices and RAM blocks, the VM description\n");
    if (!result.same_events) {
      std::fprintf(stderr, "migreplay: %s does not read like %s any more; please report this\n", out_.c_str(),
                   in_.c_str());
      return 1;
    }
    std::printf("read again: the same events\n");
    return result.warning.empty() ? 0 : 1;
  }

 private:
  std::string in_, out_;
};

}  // namespace

CommandPointer redact_command() { return std::make_unique<RedactCommand>(); }

}  // namespace mig::replay
