// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/light_sshd/light_nodes.h"

#include "remote/deploy/bundle.h"

#include <QDir>

#include <unistd.h>

#include <fstream>
#include <sstream>

namespace seatrial::tests {

LightNodes::LightNodes(int count, const std::filesystem::path &engine)
{
    std::string name = (std::filesystem::temp_directory_path() / "light-XXXXXX").string();
    if (!::mkdtemp(name.data())) {
        m_problem = "no folder can be made for the nodes";
        return;
    }
    m_folder = name;
    QStringList arguments{"--folder", QString::fromStdString(name), "--nodes", QString::number(count)};
    if (!engine.empty()) {
        const auto identity = remote::Bundle::read(engine);
        if (!identity) {
            m_problem = identity.error().what;
            return;
        }
        arguments << "--engine" << QString::fromStdString(engine.string()) << "--sha256" << QString::fromStdString(identity->sha256);
    }
    m_server.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_server.start(QStringLiteral(SEATRIAL_BINARY_DIR "/tests/light-sshd"), arguments);
    if (!m_server.waitForStarted() || !m_server.waitForReadyRead(60'000) || !m_server.readAll().startsWith("ready")) {
        m_problem = "light-sshd does not come up: " + m_server.errorString().toStdString();
        return;
    }
    auto fleet = domain::loadFleet(inventory());
    if (fleet)
        m_fleet = std::move(*fleet);
    else
        m_problem = fleet.error().what;
}

LightNodes::~LightNodes()
{
    m_server.closeWriteChannel();
    if (!m_server.waitForFinished(10'000))
        m_server.kill();
    m_server.waitForFinished();
    std::error_code error;
    std::filesystem::remove_all(m_folder, error);
}

double LightNodes::serverCpuSeconds() const
{
    std::ifstream stat("/proc/" + std::to_string(m_server.processId()) + "/stat");
    std::string text;
    std::getline(stat, text);
    std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace seatrial::tests
