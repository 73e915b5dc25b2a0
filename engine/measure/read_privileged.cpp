// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/read_privileged.h"

#include "core/protocol/codec.h"
#include "engine/measure/kmsg.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t mostLog = 2 << 20;    ///< of the kernel log, the newest
constexpr std::size_t mostTable = 1 << 20;  ///< of the firmware's table
constexpr std::size_t mostCounter = 4096;
constexpr std::size_t mostFiles = 4096;
constexpr std::size_t pieceBytes = 2000;    ///< twice as many characters, below the bound of a text

constexpr std::array<const char *, 4> serials{"product_serial", "product_uuid", "board_serial", "chassis_serial"};
constexpr std::array<const char *, 3> aerCounters{"aer_dev_correctable", "aer_dev_nonfatal", "aer_dev_fatal"};
constexpr std::array<const char *, 4> controllerCounters{"ce_count", "ue_count", "ce_noinfo_count", "ue_noinfo_count"};
constexpr std::array<const char *, 4> moduleCounters{"dimm_ce_count", "dimm_ue_count", "dimm_label", "dimm_location"};

bool writeLine(int fd, std::string_view line)
{
    while (!line.empty()) {
        const ssize_t written = ::write(fd, line.data(), line.size());
        if (written < 0 && errno != EINTR)
            return false;
        line.remove_prefix(written < 0 ? 0 : std::size_t(written));
    }
    return true;
}

std::string hexadecimal(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

class Answer
{
public:
    Answer(fs::path root, int fd) : m_root(std::move(root)), m_fd(fd) {}

    /// A file that everybody may read is left out: it needs no help.
    void add(const std::string &file, std::size_t most)
    {
        struct stat about {};
        const auto path = m_root / file;
        if (++m_looked > mostFiles || ::stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode) || (about.st_mode & S_IROTH) != 0)
            return;
        if (const auto content = readText(path, most))
            say(file, *content);
    }

    void addLog()
    {
        if (const auto log = readKmsg(m_root / "dev/kmsg", mostLog))
            say("dev/kmsg", *log);
    }

    /// In @p folder, whatever begins with @p prefix, the files @p names.
    template<typename Names>
    void addEach(const std::string &folder, std::string_view prefix, const Names &names)
    {
        for (const auto &entry : below(folder, prefix)) {
            for (const char *name : names)
                add(folder + '/' + entry + '/' + name, mostCounter);
        }
    }

    std::vector<std::string> below(const std::string &folder, std::string_view prefix) const
    {
        std::vector<std::string> found;
        std::error_code error;
        for (fs::directory_iterator entry(m_root / folder, error), end; !error && entry != end && found.size() < mostFiles; entry.increment(error)) {
            auto name = entry->path().filename().string();
            if (name.starts_with(prefix))
                found.push_back(std::move(name));
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    bool finish()
    {
        protocol::Event end{protocol::Severity::Info, std::string(kPrivilegedEndCode), {}, {}, "That is all.", {{"files", std::to_string(m_files)}}};
        return m_well && writeLine(m_fd, protocol::encodeBody(end));
    }

private:
    void say(const std::string &file, std::string_view content)
    {
        if (!m_well || content.empty() || m_bytes + content.size() > kPrivilegedBytes)
            return;
        ++m_files;
        m_bytes += content.size();
        for (std::size_t at = 0; m_well && at < content.size(); at += pieceBytes) {
            protocol::Event piece{protocol::Severity::Info, std::string(kPrivilegedFileCode), {}, printable(file),
                                  hexadecimal(content.substr(at, pieceBytes)),
                                  {{"offset", std::to_string(at)}, {"size", std::to_string(content.size())}}};
            m_well = writeLine(m_fd, protocol::encodeBody(piece));
        }
    }

    const fs::path m_root;
    const int m_fd;
    std::size_t m_looked = 0;
    std::size_t m_files = 0;
    std::size_t m_bytes = 0;
    bool m_well = true;
};

} // namespace

bool readPrivileged(const fs::path &root, int fd)
{
    Answer answer(root, fd);
    answer.addLog();
    answer.add("sys/firmware/dmi/tables/DMI", mostTable);
    for (const char *name : serials)
        answer.add(std::string("sys/class/dmi/id/") + name, mostCounter);
    const std::string controllers = "sys/devices/system/edac/mc";
    answer.addEach(controllers, "mc", controllerCounters);
    for (const auto &controller : answer.below(controllers, "mc"))
        answer.addEach(controllers + '/' + controller, "dimm", moduleCounters);
    answer.addEach("sys/bus/pci/devices", "", aerCounters);
    return answer.finish();
}

bool isPrivilegedHelper()
{
    std::error_code error;
    const auto self = fs::read_symlink("/proc/self/exe", error);
    return !error && self.filename() == fs::path(kPrivilegedHelper).filename();
}

} // namespace seatrial::engine
