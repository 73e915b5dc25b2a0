// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/device/machine.h"
#include "engine/device/nvml/nvml_management.h"

#include <QFile>
#include <QTemporaryDir>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace seatrial::tests {

/// A machine whose driver is the tests' own library (tests/mock_nvml): what it answers is told line by line.
class NvmlNode : public engine::Machine
{
public:
    explicit NvmlNode(const std::string &lines = {}, const std::string &library = "libmock_nvml.so")
    {
        setenv("SEATRIAL_MOCK_NVML", file("state").c_str(), 1);
        tell(lines);
        engine::NvmlOptions options;
        options.library = library.find('/') == library.npos ? SEATRIAL_BINARY_DIR "/tests/" + library : library;
        options.sysroot = file("root");
        options.now = [this] { return now(); };
        m_management = std::make_unique<engine::NvmlManagement>(options);
    }

    /// From now on the library answers this; what it said of the healthy rest stays.
    void tell(const std::string &lines) { write("state", "# a state\n" + lines + "\n"); }
    /// A file below the sysroot.
    void put(const std::string &path, const std::string &content) { write("root/" + path, content); }
    void log(const std::string &lines) { put("dev/kmsg", lines); }

    bool simulated() const override { return false; }
    std::string provenance() const override { return "a library of the tests"; }
    std::filesystem::path sysroot() const override { return file("root"); }
    engine::Management &management() override { return *m_management; }
    engine::Outcome<std::unique_ptr<engine::Device>> open(int) override { return engine::DeviceProblem{engine::DeviceTrouble::NotPresent, "no CUDA here"}; }
    engine::Outcome<double> allReduce(const std::vector<int> &, std::uint64_t, int) override
    {
        return engine::DeviceProblem{engine::DeviceTrouble::NotPresent, "no NCCL here"};
    }
    double now() const override { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
    void sleep(double seconds, const std::atomic<bool> *stop) override
    {
        for (const double end = now() + seconds; now() < end && !(stop && *stop);)
            std::this_thread::sleep_for(std::chrono::duration<double>(std::min(0.005, std::max(0.0, end - now()))));
    }

private:
    std::string file(const std::string &name) const { return (m_folder.path() + "/").toStdString() + name; }
    void write(const std::string &name, const std::string &content)
    {
        const std::filesystem::path path = file(name);
        std::filesystem::create_directories(path.parent_path());
        QFile file(QString::fromStdString(path.string() + ".new"));
        if (!file.open(QIODevice::WriteOnly))
            qFatal("cannot write %s", path.c_str());
        file.write(content.data(), qint64(content.size()));
        file.close();
        std::filesystem::rename(path.string() + ".new", path);
    }

    QTemporaryDir m_folder;
    std::unique_ptr<engine::NvmlManagement> m_management;
};

} // namespace seatrial::tests
