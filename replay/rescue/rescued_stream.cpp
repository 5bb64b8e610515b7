// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/rescue/rescued_stream.hpp"

#include <stdexcept>
#include <utility>

#include "common/new_file.hpp"
#include "mig/encode.hpp"
#include "mig/return_path_parser.hpp"
#include "replay/rescue/append.hpp"
#include "replay/send/answers.hpp"
#include "replay/send/live_connection.hpp"

namespace mig::replay {
namespace {

using Clock = std::chrono::steady_clock;

class FileStream final : public RescuedStream {
 public:
  explicit FileStream(const std::string& path) : path_(path), file_(path) {}
  void write(Bytes bytes) override { file_.append(bytes); }
  void finish() override { file_.commit(); }
  std::string result() const override {
    return "load it with the same machine type and devices, on a QEMU of the source's version by default:\n"
           "    qemu-system-x86_64 ... -incoming 'exec:cat " +
           path_ + "'\n  then `cont`";
  }

 private:
  std::string path_;
  NewFile file_;
};

class QemuStream final : public RescuedStream {
 public:
  explicit QemuStream(const std::string& address)
      : address_(address),
        live_(address, [this](Bytes bytes) { static_cast<void>(parser_.feed(bytes, answers_)); }) {}

  void write(Bytes bytes) override {
    while (!bytes.empty()) {
      bytes = bytes.subspan(live_.write(bytes));
      if (!bytes.empty())
        wait_for({&live_}, &live_, Clock::now() + std::chrono::seconds(1), [this] { return over(); });
      if (over()) refuse();
    }
  }

  void finish() override {
    while (!over())
      wait_for({&live_}, nullptr, Clock::now() + std::chrono::seconds(1), [this] { return over(); });
    if (answers_.shut != 0U) refuse();
  }

  std::string result() const override { return "it waits on " + address_ + ", loaded: give it `cont`"; }
  std::vector<std::byte> preamble() const override {
    return encode(Command{CommandType::open_return_path, false});
  }

 private:
  [[nodiscard]] bool over() const { return live_.ended() || answers_.shut; }
  [[noreturn]] void refuse() const {
    throw std::runtime_error(
        address_ +
        ": this QEMU did not load the guest (its standard error has the reason); start it again, "
        "with the same machine type and devices as the source");
  }

  std::string address_;
  StreamTables tables_;
  ReturnPathParser parser_{tables_};
  Answers answers_;
  LiveConnection live_;
};

}  // namespace

std::unique_ptr<RescuedStream> stream_to_file(const std::string& path) {
  return std::make_unique<FileStream>(path);
}
std::unique_ptr<RescuedStream> stream_to_qemu(const std::string& address) {
  return std::make_unique<QemuStream>(address);
}

std::vector<std::byte> head_of(const KeptPackage& package, const RescuedStream& to) {
  auto out = package.setup;
  append(out, to.preamble());
  append(out, package.ram_start);
  return out;
}

std::vector<std::byte> tail_of(const KeptPackage& package) {
  auto out = package.devices;
  append(out, encode(EndOfStream{}));
  // An empty VM description: a QEMU that expects one waits for its header.
  constexpr std::string_view nothing = "{}";
  append(out, encode(VmDescription{nothing.size()}));
  append(out, as_bytes(nothing));
  return out;
}

}  // namespace mig::replay
