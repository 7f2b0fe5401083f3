import org.eclipse.jetty.security.HashLoginService;
import org.eclipse.jetty.security.UserStore;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.webapp.Configuration;
import org.eclipse.jetty.webapp.JettyWebXmlConfiguration;
import org.eclipse.jetty.webapp.MetaInfConfiguration;
import org.eclipse.jetty.webapp.WebAppContext;
import org.eclipse.jetty.webapp.WebInfConfiguration;
import org.eclipse.jetty.webapp.WebXmlConfiguration;

/** Serves a war on loopback: its own launcher takes Java 17 for one that is too old. Arguments: war, port. */
public class Launch {
  public static void main(String[] args) throws Exception {
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(Integer.parseInt(args[1]));
    server.addConnector(connector);
    WebAppContext app = new WebAppContext();
    app.setContextPath("/");
    app.setWar(args[0]);
    app.setConfigurations(new Configuration[] {
      new WebInfConfiguration(), new WebXmlConfiguration(), new MetaInfConfiguration(), new JettyWebXmlConfiguration(),
    });
    app.setParentLoaderPriority(false);
    app.setThrowUnavailableOnStartupException(true);
    HashLoginService logins = new HashLoginService("hudson");
    logins.setUserStore(new UserStore());
    app.getSecurityHandler().setLoginService(logins);
    server.setHandler(app);
    server.start();
    server.join();
  }
}
