// SPDX-License-Identifier: GPL-2.0-or-later
#include <boost/json.hpp>
#include <cstdio>
#include <stdexcept>

#include "replay/analyses/words.hpp"
#include "replay/commands/capture_input.hpp"
#include "replay/commands/command.hpp"
#include "replay/commands/status_line.hpp"
#include "replay/rescue/rescuer.hpp"
#include "replay/rescue/safety.hpp"

namespace mig::replay {
namespace {

class RescueCommand final : public Command {
 public:
  RescueCommand()
      : Command("rescue", "bring back a guest that a failed postcopy migration lost",
                "  migreplay rescue --package kept.pcapng --listen :4446 --output guest.state\n"
                "      then give the source what this prints, and load guest.state into a new QEMU\n"
                "  migreplay rescue --package kept.pcapng --listen 192.0.2.7:4446 --to 127.0.0.1:4447\n"
                "      straight into a QEMU that waits with -incoming tcp:127.0.0.1:4447\n"
                "\n"
                "For a source in postcopy-paused whose destination is gone. Do not end the source's QEMU:\n"
                "it holds the memory. The package file is a recording of the migration by migproxy, or a\n"
                "packet capture, with the whole postcopy package. Nothing changes at the source until the\n"
                "guest is safe; a rescue that fails can be repeated.\n"
                "\n"
                "Exit: 0 rescued, 1 not rescued or refused, 2 wrong usage.\n") {}
  void declare(OptionTable& options) override {
    options.path("--package", package_, "a recording or capture with the device package", true);
    options.text("--listen", listen_,
                 "HOST:PORT, :PORT (loopback) or unix:PATH, for the source to connect to", true);
    options.path("-o,--output", output_, "write a migration stream to this file");
    options.text("--to", to_, "HOST:PORT or unix:PATH of a QEMU that waits for a migration");
    options.number("--migration", migration_, "which of several in a capture, counted from 1 (1)");
    options.flag("--json", json_, "one JSON object a line: package, listening, end");
    options.flag("--destination-ended", ended_, "state that the destination's QEMU has ended");
    options.flag("--destination-never-ran", never_ran_,
                 "state that the destination's guest never ran, and never will");
    options.flag("--accept-rollback", rollback_,
                 "go back to the switchover, and lose what the guest did on the destination since then");
  }
  int run() override {
    if (output_.empty() == to_.empty()) {
      std::fprintf(stderr, "migreplay: rescue needs one of --output FILE and --to ADDRESS\n");
      return 2;
    }
    PackageReader reader(migration_);
    CaptureDecoder analysis({&reader});
    static_cast<void>(CaptureInput().read(package_, analysis));
    if (!reader.problem().empty()) throw std::runtime_error(package_ + ": " + reader.problem());
    const auto& package = reader.package();
    const auto safety = judge_safety(package.history->facts(), statement());
    if (!safety.safe) throw std::runtime_error("refused: " + safety.reason + ";\n  " + safety.remedy);
    describe(package, safety);
    Rescuer rescuer(listen_);
    print_request(rescuer.uri());
    return until_rescued(rescuer, package, safety);
  }

 private:
  [[nodiscard]] Statement statement() const {
    if (rollback_) return Statement::accept_rollback;
    if (never_ran_) return Statement::destination_never_ran;
    return ended_ ? Statement::destination_ended : Statement::none;
  }

  [[nodiscard]] std::unique_ptr<RescuedStream> open() const {
    return output_.empty() ? stream_to_qemu(to_) : stream_to_file(output_);
  }

  void describe(const KeptPackage& package, const Safety& safety) const {
    const auto& tables = package.migration->tables();
    std::uint64_t memory = 0;
    for (const auto& block : tables.blocks()) memory += block.used_length;
    if (json_)
      return print({{"step", "package"},
                    {"package_bytes", package.package_length},
                    {"migration", migration_},
                    {"devices", package.device_count},
                    {"machine", printable(tables.name(tables.machine))},
                    {"memory_bytes", memory},
                    {"safe", safety.reason},
                    {"starts_paused", package.starts_paused}});
    std::printf("package    %s of migration %u in %s: %zu devices, machine %s\n",
                bytes_text(package.package_length).c_str(), migration_, package_.c_str(),
                package.device_count, printable(tables.name(tables.machine)).c_str());
    std::printf("memory     %zu blocks, %s, to be sent again by the source\n", tables.blocks().size(),
                bytes_text(memory).c_str());
    std::printf("safe       %s\n", safety.reason.c_str());
    if (!package.starts_paused)
      std::printf("note       the package has no run state: start the new QEMU with -S\n");
  }

  static void print(const boost::json::object& line) {
    std::printf("%s\n", boost::json::serialize(line).c_str());
    std::fflush(stdout);
  }

  void print_request(const std::string& uri) const {
    const auto command = R"({"execute": "migrate", "arguments": {"uri": ")" + uri + R"(", "resume": true}})";
    if (json_) return print({{"step", "listening"}, {"uri", uri}, {"command", boost::json::parse(command)}});
    std::printf(
        "listening  on %s; give this to the source's QMP:\n    %s\n  or with libvirt (it marks the domain "
        "as tainted):\n    virsh qemu-monitor-command DOMAIN '%s'\n",
        uri.c_str(), command.c_str(), command.c_str());
    std::fflush(stdout);
  }

  /// A recovery that fails leaves the source as it was, and the next one may succeed.
  [[nodiscard]] int until_rescued(Rescuer& rescuer, const KeptPackage& package, const Safety& safety) const {
    for (;;) {
      try {
        StatusLine status;
        const auto progress = [&](const RecoveryReceiver& r) { show(status, r, package); };
        std::string result;
        const auto make = [&] {
          auto stream = open();
          result = stream->result();
          return stream;
        };
        const bool in_order = rescuer.rescue(package, make, progress);
        status.clear();
        report(package, safety, result, in_order);
        return 0;
      } catch (const NoRescue&) {
        throw;
      } catch (const std::runtime_error& e) {
        std::fprintf(
            stderr,
            "migreplay: rescue failed: %s\n"
            "  The source is in postcopy-paused again, as before. Waiting for it; Ctrl-C ends this.\n",
            e.what());
      }
    }
  }

  static void show(StatusLine& status, const RecoveryReceiver& r, const KeptPackage& package) {
    if (!r.resumed()) return;
    const auto page = package.migration->tables().page_size;
    status.update([&] {
      return bytes_text(r.pages() * page) + " of " + bytes_text(r.total_pages() * page) + ", " +
             percent_text(static_cast<double>(r.pages()), static_cast<double>(r.total_pages())) + ", " +
             rate_text(static_cast<double>(r.pages() * page) / status.elapsed());
    });
  }

  void report(const KeptPackage& package, const Safety& safety, const std::string& result,
              bool in_order) const {
    std::uint64_t pages = 0;
    const auto& tables = package.migration->tables();
    for (const auto& block : tables.blocks()) pages += block.used_length / tables.page_size;
    if (json_)
      return print({{"step", "end"},
                    {"outcome", safety.rollback ? "ROLLED-BACK" : "RESCUED"},
                    {"pages", pages},
                    {"source_completed", in_order},
                    {"stream", output_.empty() ? to_ : output_}});
    std::printf("received   all %llu pages\n", static_cast<unsigned long long>(pages));
    if (in_order) {
      std::printf("source     has completed its migration (SHUT 0): it will not run the guest again\n");
    } else {
      std::printf(
          "source     did not end its connection in order: check with query-migrate that it is `completed`, "
          "and end its QEMU, before the guest is started elsewhere\n");
    }
    std::printf("%s %s\n", safety.rollback ? "ROLLED-BACK" : "RESCUED   ", result.c_str());
  }

  std::string package_, listen_, output_, to_;
  unsigned migration_ = 1;
  bool json_ = false, ended_ = false, never_ran_ = false, rollback_ = false;
};

}  // namespace

CommandPointer rescue_command() { return std::make_unique<RescueCommand>(); }

}  // namespace mig::replay
