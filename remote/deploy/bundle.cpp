// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/deploy/bundle.h"

#include <elf.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace seatrial::remote {

using namespace domain;

namespace {

std::string sha256Of(const std::string &content)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    if (EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        return {};
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        static constexpr char digits[] = "0123456789abcdef";
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
}

std::string machineOf(const std::string &content)
{
    Elf64_Ehdr header;
    if (content.size() < sizeof header || !content.starts_with(ELFMAG))
        return {};
    std::memcpy(&header, content.data(), sizeof header);
    switch (header.e_machine) {
    case EM_X86_64:
        return "x86_64";
    case EM_AARCH64:
        return "aarch64";
    case EM_PPC64:
        return "ppc64le";
    default:
        return "ELF machine " + std::to_string(header.e_machine);
    }
}

} // namespace

Result<Bundle> Bundle::read(const std::filesystem::path &file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    Bundle bundle{file, std::move(content).str(), {}, {}, {}};
    bundle.sha256 = sha256Of(bundle.content);
    if (!in || bundle.content.empty() || bundle.sha256.empty()) {
        return std::unexpected(Failure{Stage::Deploy, FailureKind::NotFound,
                                       "the engine cannot be read from " + file.string(), "reading the engine's file",
                                       "build or install seatrial-engine on this computer"});
    }
    bundle.machine = machineOf(bundle.content);
    bundle.needs = neededGlibc(bundle.content);
    return bundle;
}

} // namespace seatrial::remote
