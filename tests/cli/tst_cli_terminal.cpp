// SPDX-License-Identifier: GPL-3.0-or-later
// Questions for secrets at a terminal: unseen, and the terminal is as it was afterwards whatever ends the question.
#include "cli/terminal.h"

#include <QElapsedTimer>
#include <QTest>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <thread>

using namespace seatrial;
using campaign::SecretQuestion;

namespace {

SecretQuestion question()
{
    SecretQuestion asked;
    asked.kind = SecretQuestion::Kind::Prompts;
    asked.node = domain::NodeId("n03");
    asked.subject = "ops@10.0.0.3";
    asked.instruction = "Hello\x1b[2J";
    asked.prompts = {{"Code:", false}, {"Site:", true}};
    return asked;
}

/// A process with a terminal of its own, which this test holds the other end of.
class Child
{
public:
    template<typename Work>
    explicit Child(Work work)
    {
        m_pid = forkpty(&m_master, nullptr, nullptr, nullptr);
        if (m_pid != 0)
            return;
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
            std::signal(signal, SIG_DFL); // Qt Test has handlers of its own
        _exit(work());
    }
    ~Child()
    {
        if (m_pid > 0) {
            kill(m_pid, SIGKILL);
            waitpid(m_pid, nullptr, 0);
        }
        close(m_master);
    }
    pid_t pid() const { return m_pid; }
    void type(const std::string &text) const { QVERIFY(write(m_master, text.data(), text.size()) == ssize_t(text.size())); }
    bool seesTyped() const
    {
        termios settings{};
        return tcgetattr(m_master, &settings) == 0 && (settings.c_lflag & ECHO) != 0;
    }
    /// Waits until @p text was written.
    bool says(const std::string &text)
    {
        for (QElapsedTimer since = started(); since.elapsed() < 10'000;) {
            if (m_said.find(text) != std::string::npos)
                return true;
            pollfd fd{m_master, POLLIN, 0};
            char buffer[4096];
            if (poll(&fd, 1, 50) > 0) {
                const auto count = read(m_master, buffer, sizeof buffer);
                if (count <= 0)
                    return m_said.find(text) != std::string::npos;
                m_said.append(buffer, static_cast<std::size_t>(count));
            }
        }
        return false;
    }
    const std::string &said() const { return m_said; }
    int status()
    {
        int status = -1;
        waitpid(m_pid, &status, 0);
        m_pid = -1;
        return status;
    }

private:
    static QElapsedTimer started()
    {
        QElapsedTimer timer;
        timer.start();
        return timer;
    }
    int m_master = -1;
    pid_t m_pid = -1;
    std::string m_said;
};

} // namespace

class TestCliTerminal : public QObject
{
    Q_OBJECT

private slots:
    void typedUnseen()
    {
        Child child([] {
            cli::TerminalQuestions questions(false);
            const auto answer = questions.askSecret(question());
            return answer && answer->texts == std::vector<std::string>{"123456", "hall-3"} ? 7 : 8;
        });
        QVERIFY(child.says("Code:"));
        QTRY_VERIFY(!child.seesTyped());
        child.type("123456\n");
        QVERIFY(child.says("Site:"));
        QTRY_VERIFY(child.seesTyped());
        child.type("hall-3\n");
        QVERIFY(child.says("hall-3"));
        const int status = child.status();
        QVERIFY(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        QVERIFY(child.said().find("123456") == std::string::npos);
        QVERIFY(child.said().find("\x1b[2J") == std::string::npos);
        QVERIFY(child.said().find("n03 asks ops@10.0.0.3") != std::string::npos);
    }

    void emptyLineIsNoAnswer()
    {
        Child child([] {
            cli::TerminalQuestions questions(false);
            return questions.askSecret(question()) ? 8 : 7;
        });
        QVERIFY(child.says("Code:"));
        QTRY_VERIFY(!child.seesTyped());
        child.type("\n");
        const int status = child.status();
        QVERIFY(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    }

    void terminalIsRestoredBySignals_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("INT") << SIGINT;
        QTest::newRow("TERM") << SIGTERM;
        QTest::newRow("HUP") << SIGHUP;
        QTest::newRow("QUIT") << SIGQUIT;
    }
    void terminalIsRestoredBySignals()
    {
        QFETCH(int, signal);
        Child child([] {
            cli::TerminalQuestions questions(false);
            questions.askSecret(question());
            return 0;
        });
        QVERIFY(child.says("Code:"));
        QTRY_VERIFY(!child.seesTyped());
        kill(child.pid(), signal);
        const int status = child.status();
        QVERIFY(WIFSIGNALED(status));
        QCOMPARE(WTERMSIG(status), signal);
        QVERIFY(child.seesTyped());
    }

    void cancelEndsTheQuestion()
    {
        Child child([] {
            cli::TerminalQuestions questions(false);
            std::thread canceller([&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(300));
                questions.refuseAll();
            });
            const auto answer = questions.askSecret(question());
            canceller.join();
            return answer || questions.askSecret(question()) ? 8 : 7;
        });
        QVERIFY(child.says("Code:"));
        const int status = child.status();
        QVERIFY(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        QVERIFY(child.seesTyped());
    }

    void preflightSaysHowFarItIs()
    {
        Child child([] {
            cli::PreflightProgress progress(3);
            const auto end = [&progress](campaign::RungState state) {
                progress.told({domain::NodeId("n1"), {{.name = "tcp", .state = state}}, true});
                std::this_thread::sleep_for(std::chrono::milliseconds(300));
            };
            progress.told({domain::NodeId("n1"), {{.name = "tcp", .state = campaign::RungState::InWork}}, false});
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            end(campaign::RungState::Passed);
            end(campaign::RungState::Failed);
            progress.pause();
            end(campaign::RungState::Passed); // a question is open: nothing is written
            progress.finish();
            std::fputs("over\n", stderr);
            return 0;
        });
        QVERIFY(child.says("0 of 3 nodes, 0 with trouble"));
        QVERIFY(child.says("1 of 3 nodes, 0 with trouble"));
        QVERIFY(child.says("2 of 3 nodes, 1 with trouble"));
        QVERIFY(child.says("\r\033[Kover"));
        QVERIFY(child.said().find("3 of 3") == std::string::npos);
    }

    void withoutATerminalNobodyIsAsked()
    {
        int ends[2];
        QCOMPARE(pipe(ends), 0);
        const pid_t pid = fork();
        if (pid == 0) {
            setsid();
            dup2(ends[1], STDERR_FILENO);
            cli::TerminalQuestions questions(false);
            SecretQuestion key = question();
            key.kind = SecretQuestion::Kind::Passphrase;
            key.subject = "/keys/hall";
            const bool answered = questions.askSecret(key) || questions.askSecret(question());
            questions.adviseOnRefused();
            std::fflush(stderr);
            _exit(answered ? 8 : 7);
        }
        close(ends[1]);
        std::string said;
        char buffer[1024];
        for (ssize_t count; (count = read(ends[0], buffer, sizeof buffer)) > 0;)
            said.append(buffer, static_cast<std::size_t>(count));
        close(ends[0]);
        int status = -1;
        waitpid(pid, &status, 0);
        QVERIFY(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        QVERIFY2(said.find("ssh-add /keys/hall") != std::string::npos, said.c_str());
        QVERIFY2(said.find("n03") != std::string::npos, said.c_str());
    }
};

QTEST_APPLESS_MAIN(TestCliTerminal)
#include "tst_cli_terminal.moc"
