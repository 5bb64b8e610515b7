// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <string>
#include <vector>

namespace mig::replay {

/// Where a command says which options it takes. `names` as CLI11 has them: "-o,--output", "FILE". Behind it
/// stands CLI11, in one file only: its header costs every file that includes it many seconds.
class OptionTable {
 public:
  virtual void flag(const char* names, bool& value, const char* help) = 0;
  virtual void text(const char* names, std::string& value, const char* help, bool required = false) = 0;
  /// The same for the name of a file.
  virtual void path(const char* names, std::string& value, const char* help, bool required = false) = 0;
  virtual void number(const char* names, unsigned& value, const char* help) = 0;
  /// One of `choices`.
  virtual void choice(const char* names, std::string& value, std::vector<std::string> choices,
                      const char* help) = 0;
  /// `several`: any number of them, else one; `names` without dashes are positional.
  virtual void files(const char* names, std::vector<std::string>& values, const char* help, bool several,
                     bool required = true) = 0;

 protected:
  ~OptionTable() = default;
};

/// One subcommand. Its options are members, which declare() binds.
class Command {
 public:
  Command(const char* name, const char* help, const char* examples)
      : name_(name), help_(help), examples_(examples) {}
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;

  virtual void declare(OptionTable& options) = 0;
  /// The exit code: 0 all went well, 1 something could not be read or was wrong, 2 wrong usage. What it
  /// throws is printed as one line and ends with 1.
  virtual int run() = 0;

  [[nodiscard]] const char* name() const noexcept { return name_; }
  [[nodiscard]] const char* help() const noexcept { return help_; }
  [[nodiscard]] const char* examples() const noexcept { return examples_; }

 private:
  const char *name_, *help_, *examples_;
};

using CommandPointer = std::unique_ptr<Command>;

// One function per subcommand that is not one of the registry of analyses, each in a file of its own.
[[nodiscard]] CommandPointer summary_command();
[[nodiscard]] CommandPointer events_command();
[[nodiscard]] CommandPointer timeline_command();
[[nodiscard]] CommandPointer devices_command();
[[nodiscard]] CommandPointer diff_command();
[[nodiscard]] CommandPointer redact_command();
[[nodiscard]] CommandPointer send_command();
[[nodiscard]] CommandPointer report_command();
[[nodiscard]] CommandPointer extract_command();
[[nodiscard]] CommandPointer rescue_command();

/// In the order --help lists them.
[[nodiscard]] std::vector<CommandPointer> all_commands();

}  // namespace mig::replay
