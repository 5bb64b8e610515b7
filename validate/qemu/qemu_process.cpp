// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/qemu/qemu_process.hpp"

#include <string_view>
#include <utility>

#include "validate/base/files.hpp"

namespace mig::validate {
namespace {

// A comma in a value ends it in QEMU's option syntax; doubled it stands for itself.
std::string option_value(const std::filesystem::path& path) {
  std::string text;
  for (const char c : path.string()) text += c == ',' ? std::string(",,") : std::string(1, c);
  return text;
}

// For a bug report: what a shell would start it with.
std::string shell_line(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+-";
  auto line = program.string();
  for (const auto& argument : arguments)
    line += argument.find_first_not_of(plain) == std::string::npos ? " " + argument : " '" + argument + "'";
  return line + "\n";
}

}  // namespace

QemuProcess::QemuProcess(QemuSetup setup) : setup_(std::move(setup)), process_(launch()) {}

std::filesystem::path QemuProcess::qmp_socket() const {
  return setup_.socket_folder / (setup_.name + ".qmp");
}

// One machine type that every version from 7.2 on knows makes any pair of versions possible. Always TCG: the
// tests must come out the same where there is no KVM.
Launch QemuProcess::launch() const {
  std::vector<std::string> arguments{"-name",
                                     setup_.name,
                                     "-accel",
                                     "tcg",
                                     "-machine",
                                     "pc-i440fx-7.2",
                                     "-m",
                                     "64",
                                     "-display",
                                     "none",
                                     "-nodefaults",
                                     "-serial",
                                     "file:" + serial().string(),  // taken whole, commas and all
                                     "-drive",
                                     "file=" + option_value(setup_.image) + ",format=raw,if=ide,snapshot=on",
                                     "-qmp",
                                     "unix:" + option_value(qmp_socket()) + ",server=on,wait=off"};
  if (!setup_.shared_disk.empty())
    arguments.insert(arguments.end(), {"-drive", "file=" + option_value(setup_.shared_disk) +
                                                     ",format=raw,if=ide,index=1,file.locking=on"});
  if (setup_.incoming) arguments.insert(arguments.end(), {"-incoming", "defer"});
  if (setup_.paused) arguments.emplace_back("-S");
  arguments.insert(arguments.end(), setup_.more_arguments.begin(), setup_.more_arguments.end());
  write_file(file(".command"), shell_line(setup_.program, arguments));
  return {setup_.program, std::move(arguments), file(".stdout"), errors()};
}

}  // namespace mig::validate
