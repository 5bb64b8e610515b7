// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace mig::replay {

/// A running SHA-256 (OpenSSL).
class Sha256 {
 public:
  void add(std::string_view text);
  /// 64 hex digits of what was added so far.
  [[nodiscard]] std::string hex() const;

 private:
  void start();
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;  // of the first bytes on
};

}  // namespace mig::replay
