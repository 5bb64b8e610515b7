// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <cstdio>

#include "replay/commands/capture_input.hpp"
#include "replay/commands/command.hpp"
#include "replay/commands/complain.hpp"
#include "replay/extract/extractor.hpp"
#include "replay/extract/output_file.hpp"

namespace mig::replay {
namespace {

class ExtractCommand final : public Command {
 public:
  ExtractCommand()
      : Command("extract", "write one thing out of a capture: a stream, the package, a device, RAM",
                "  migreplay extract migration.pcap --what stream -o vm.state\n"
                "      then: qemu-system-x86_64 ... -incoming 'exec:cat vm.state'\n"
                "  migreplay extract migration.pcap --what vmdesc -o - | jq .devices[].name\n"
                "  migreplay extract postcopy.pcap --what package -o package.bin\n"
                "  migreplay extract migration.pcap --what device:serial -o serial.bin\n"
                "  migreplay extract migration.pcap --what ram:pc.ram -o ram.img\n"
                "\n"
                "--what is stream, return-path, package, device:NAME, vmdesc or ram:BLOCK.\n") {}
  void declare(OptionTable& options) override {
    captures_.declare_input(options, false);
    options.text("--what", what_, "what to write; see below", true);
    options.path("-o,--output", output_, "the file to write; - is standard output", true);
    options.number("--instance", instance_, "with device: only the section of this instance id");
    options.flag("--zero-missing", zero_missing_, "write zeros where the capture lacks bytes");
  }
  int run() override {
    auto request = parse_extract(what_);
    if (!request) {
      std::fprintf(
          stderr,
          "migreplay: --what %s: is none of stream, return-path, package, device:NAME, vmdesc, ram:BLOCK\n",
          what_.c_str());
      return 2;
    }
    if (output_ == "-" && what_ != "vmdesc" && ::isatty(STDOUT_FILENO) == 1)
      throw std::runtime_error(
          "standard output is a terminal, and this is binary: redirect it, or give -o FILE");
    if (instance_ != no_instance) request->instance = instance_;
    if (captures_.migration != 0) request->migration = captures_.migration;
    request->zero_missing = zero_missing_;
    captures_.writes_file = output_ != "-";
    return captures_.for_each([&](const std::string& path) { return one(path, *request); });
  }

 private:
  static constexpr unsigned no_instance = 0xffffffff;

  bool one(const std::string& path, const ExtractRequest& request) {
    refuse_input_as_output(path, output_);
    OutputFile out(output_);
    const auto extractor = make_extractor(request, out);
    CaptureDecoder analysis({extractor.get()});
    const bool fine = captures_.read(path, analysis);
    if (!extractor->remark().empty()) complain(path + ": " + extractor->remark());
    if (extractor->problem().empty()) {
      out.create();
      return fine;
    }
    complain(path + ": " + what_ + ": " + extractor->problem());
    return false;
  }

  CaptureInput captures_;
  std::string what_, output_;
  unsigned instance_ = no_instance;
  bool zero_missing_ = false;
};

}  // namespace

CommandPointer extract_command() { return std::make_unique<ExtractCommand>(); }

}  // namespace mig::replay
