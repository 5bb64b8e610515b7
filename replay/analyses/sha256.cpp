// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace mig::replay {

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

/// OpenSSL's own start costs more than a small capture does.
void Sha256::start() {
  context_.reset(EVP_MD_CTX_new());
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("OpenSSL has no SHA-256");
}

void Sha256::add(std::string_view text) {
  if (!context_) start();
  EVP_DigestUpdate(context_.get(), text.data(), text.size());
}

std::string Sha256::hex() const {
  Sha256 copy;
  copy.start();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (context_) EVP_MD_CTX_copy_ex(copy.context_.get(), context_.get());
  EVP_DigestFinal_ex(copy.context_.get(), digest.data(), &size);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 0xf];
  }
  return out;
}

}  // namespace mig::replay
